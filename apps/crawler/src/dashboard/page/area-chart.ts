import { element, setText, svg } from "./dom.js";
import { clock, roundUp } from "./format.js";

const WIDTH = 600;
const HEIGHT = 120;
/** So many values fit in: the picture begins with few and is compressed as there are more. */
const SPANS = [30, 60, 120, 300];

/** How a value over time went, the newest at the right. */
export class AreaChart {
  private readonly area = svg("path", { class: "area" });
  private readonly line = svg("path", { class: "line" });
  private readonly cursor = svg("line", { class: "cursor", y1: 0, y2: HEIGHT });
  private readonly top = element("span", { class: "axis top" });
  private readonly start = element("span", { class: "axis start" });
  private readonly picture: SVGSVGElement;
  private readonly shown: HTMLElement;
  private readonly format: (value: number) => string;
  /** Values from the left to the right. */
  private length = SPANS[0]!;
  private values: readonly number[] = [];
  private interval = 1_000;
  /** The value that the pointer is at, counted from the newest one; null for none. */
  private pointed: number | null = null;

  /**
   * @param place what it fills
   * @param shown where the newest value is said, or the one that is pointed at
   */
  constructor(place: HTMLElement, shown: HTMLElement, format: (value: number) => string) {
    this.shown = shown;
    this.format = format;
    const frame = { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" };
    const middle = svg("line", { class: "grid", x2: WIDTH, y1: HEIGHT / 2, y2: HEIGHT / 2 });
    this.picture = svg("svg", frame, middle, this.area, this.line, this.cursor);
    place.append(this.picture, this.top, this.start, element("span", { class: "axis end" }, "now"));
    place.addEventListener("pointermove", (event) => {
      const { left, width } = place.getBoundingClientRect();
      this.pointed = Math.round((1 - (event.clientX - left) / width) * (this.length - 1));
      this.point();
    });
    place.addEventListener("pointerleave", () => {
      this.pointed = null;
      this.point();
    });
    this.point();
  }

  /** @param interval ms between two values */
  draw(values: readonly number[], interval: number): void {
    this.values = values;
    this.interval = interval;
    this.length = SPANS.find((span) => span >= values.length) ?? values.length;
    const highest = roundUp(Math.max(...values, 0));
    const x = (i: number): string => (WIDTH * (1 - this.ago(i) / (this.length - 1))).toFixed(1);
    const y = (value: number): string => (HEIGHT * (1 - (0.96 * value) / highest)).toFixed(1);
    const points = values.map((value, i) => `${x(i)} ${y(value)}`);
    const path = points.length === 0 ? "" : `M${points.join("L")}`;
    this.line.setAttribute("d", path);
    const last = x(values.length - 1);
    this.area.setAttribute("d", path === "" ? "" : `${path}L${last} ${HEIGHT}L${x(0)} ${HEIGHT}Z`);
    setText(this.top, this.format(highest));
    setText(this.start, `${clock(this.length * interval)} ago`);
    this.point();
  }

  private ago(i: number): number {
    return this.values.length - 1 - i;
  }

  private point(): void {
    const ago = this.pointed ?? 0;
    const value = this.values[this.values.length - 1 - ago];
    const when = ago === 0 ? "" : `, ${Math.round((ago * this.interval) / 1000)} s ago`;
    setText(this.shown, value === undefined ? "\u00A0" : this.format(value) + when);
    this.picture.setAttribute("aria-label", this.shown.textContent ?? "");
    const x = WIDTH * (1 - ago / (this.length - 1));
    this.cursor.setAttribute("x1", String(x));
    this.cursor.setAttribute("x2", String(x));
    this.cursor.classList.toggle("off", this.pointed === null);
  }
}
