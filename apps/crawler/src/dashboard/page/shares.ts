import { element, setText } from "./dom.js";
import { number } from "./format.js";

export interface Share {
  /** Chooses the colour: see `.share` in page.css. */
  readonly name: string;
  readonly label: string;
  readonly count: number;
}

interface Parts {
  readonly bar: HTMLElement;
  readonly row: HTMLElement;
  readonly label: HTMLElement;
  readonly count: HTMLElement;
}

/** What a whole is made of: a bar in colours, and a list that says the same in numbers. */
export class Shares {
  private readonly bar = element("div", { class: "share-bar", "aria-hidden": "true" });
  private readonly list = element("ul", { class: "share-list" });
  private readonly parts: Parts[] = [];

  constructor(place: HTMLElement) {
    place.append(this.bar, this.list);
  }

  /** @param rows that are always there, so that nothing moves when there are more */
  draw(shares: readonly Share[], rows: number = shares.length): void {
    while (this.parts.length < Math.max(rows, shares.length)) this.parts.push(this.add());
    const all = Math.max(
      1,
      shares.reduce((sum, { count }) => sum + count, 0),
    );
    let before = 0;
    this.parts.forEach(({ bar, row, label, count }, i) => {
      const share = shares[i];
      bar.className = row.className = `share ${share?.name ?? "none"}`;
      const part = (share?.count ?? 0) / all;
      // Of transforms the browser knows that nothing else moves.
      bar.style.transform = `translateX(${100 * before}%) scaleX(${part})`;
      before += part;
      setText(label, share?.label ?? "\u00A0");
      setText(count, share === undefined ? "" : number(share.count));
    });
  }

  private add(): Parts {
    const [label, count] = [
      element("span", { class: "label" }),
      element("span", { class: "count" }),
    ];
    const row = element("li", {}, element("span", { class: "dot" }), label, count);
    const bar = element("i");
    this.bar.append(bar);
    this.list.append(row);
    return { bar, row, label, count };
  }
}
