import type { Latency } from "../snapshot.js";
import { element, setText } from "./dom.js";
import { duration, percent } from "./format.js";

/** Labels below every so many bars: there is no room for more. */
const LABELLED = 3;

/** How long answers take: a bar for each range, of the last minute and of all. */
export class HistogramChart {
  private readonly place: HTMLElement;
  private readonly bars: { whole: HTMLElement; now: HTMLElement; bar: HTMLElement }[] = [];

  constructor(place: HTMLElement) {
    this.place = place;
  }

  draw({ bars, lastMinuteShares, wholeShares, lastMinute }: Latency): void {
    if (this.bars.length === 0) this.build(bars);
    const most = Math.max(...lastMinuteShares, ...wholeShares, 0.01);
    this.bars.forEach(({ bar, whole, now }, i) => {
      const [share = 0, shareOfAll = 0] = [lastMinuteShares[i], wholeShares[i]];
      now.style.transform = `scaleY(${share / most})`;
      whole.style.transform = `scaleY(${shareOfAll / most})`;
      const range = rangeOf(bars, i);
      bar.title = `${range}: ${percent(share, 1)} (whole crawl ${percent(shareOfAll, 1)})`;
    });
    const { count, p50, p90, p99 } = lastMinute;
    this.place.setAttribute(
      "aria-label",
      `Latency of ${count} pages in the last minute: half within ${duration(p50)}, ` +
        `90 % within ${duration(p90)}, 99 % within ${duration(p99)}`,
    );
  }

  private build(starts: readonly number[]): void {
    starts.forEach((start, i) => {
      const [whole, now] = [element("i", { class: "whole" }), element("i", { class: "now" })];
      const label = element("span", { class: "axis" });
      if (i % LABELLED === 0) setText(label, i === 0 ? "0" : duration(start).replace(".00", ""));
      const bar = element("div", {}, element("div", {}, whole, now), label);
      this.bars.push({ whole, now, bar });
      this.place.append(bar);
    });
  }
}

function rangeOf(bars: readonly number[], i: number): string {
  const next = bars[i + 1];
  const from = duration(bars[i]!);
  return next === undefined ? `${from} and more` : `${from} to ${duration(next)}`;
}
