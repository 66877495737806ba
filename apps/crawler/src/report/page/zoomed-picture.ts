import { element } from "../../dashboard/page/dom.js";

const CLOSEST = 8;

/** A picture that can be looked at closely: by wheel and pointer, by buttons, and by keys. */
export class ZoomedPicture {
  readonly frame = element("div", { class: "picture" });
  private readonly picture: SVGSVGElement;
  private readonly half: number;
  private zoom = 1;
  private x = 0;
  private y = 0;

  /** @param half of the side of the square that all of it is in, around 0 */
  constructor(picture: SVGSVGElement, half: number) {
    this.picture = picture;
    this.half = half;
    const buttons = element("div", { class: "zoom", role: "group", "aria-label": "Zoom" });
    buttons.append(
      this.button("+", "Closer", () => this.zoomBy(1.5)),
      this.button("−", "Farther", () => this.zoomBy(1 / 1.5)),
      this.button("⤢", "All of it", () => this.reset()),
    );
    picture.setAttribute("tabindex", "0");
    this.frame.append(picture, buttons);
    this.listen();
    this.apply();
  }

  private listen(): void {
    const { picture } = this;
    picture.addEventListener("keydown", (event) => {
      const step = this.half / 4 / this.zoom;
      const action = {
        "+": () => this.zoomBy(1.5),
        "-": () => this.zoomBy(1 / 1.5),
        "0": () => this.reset(),
        ArrowLeft: () => this.move(-step, 0),
        ArrowRight: () => this.move(step, 0),
        ArrowUp: () => this.move(0, -step),
        ArrowDown: () => this.move(0, step),
      }[event.key];
      if (action === undefined || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      action();
    });
    // Without a key the wheel scrolls the page, as everywhere else.
    picture.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2);
    });
    picture.addEventListener("pointermove", (event) => {
      if (event.buttons !== 1 || this.zoom === 1) return;
      const scale = (2 * this.half) / this.zoom / picture.clientWidth;
      this.move(-event.movementX * scale, -event.movementY * scale);
    });
  }

  private button(text: string, label: string, action: () => void): HTMLElement {
    const button = element("button", { type: "button", "aria-label": label, title: label }, text);
    button.addEventListener("click", action);
    return button;
  }

  private zoomBy(factor: number): void {
    this.zoom = Math.min(CLOSEST, Math.max(1, this.zoom * factor));
    this.move(0, 0);
  }

  private reset(): void {
    this.zoom = 1;
    this.move(-this.x, -this.y);
  }

  private move(dx: number, dy: number): void {
    const farthest = this.half * (1 - 1 / this.zoom);
    this.x = Math.min(farthest, Math.max(-farthest, this.x + dx));
    this.y = Math.min(farthest, Math.max(-farthest, this.y + dy));
    this.apply();
  }

  private apply(): void {
    const side = this.half / this.zoom;
    const box = [this.x - side, this.y - side, 2 * side, 2 * side].map((it) => it.toFixed(1));
    this.picture.setAttribute("viewBox", box.join(" "));
    this.picture.classList.toggle("zoomed", this.zoom > 1);
  }
}
