import { element } from "../../dashboard/page/dom.js";
import { number, percent, short } from "../../dashboard/page/format.js";

export interface Bar {
  readonly label: string;
  readonly count: number;
  /** Colour: good, moved, warning, bad; else neutral. */
  readonly tone?: string;
  /** What else there is to say. */
  readonly note?: string;
}

/** Rows of a name, a bar and a number; read out as a table. */
export function barTable(bars: readonly Bar[], name: string, empty: string): HTMLElement {
  if (bars.length === 0) return element("p", { class: "muted" }, empty);
  const most = Math.max(...bars.map(({ count }) => count));
  const all = bars.reduce((sum, { count }) => sum + count, 0);
  const rows = bars.map(({ label, count, tone = "", note = "" }) => {
    const fill = element("i", { class: count === 0 ? "fill none" : `fill ${tone}` });
    fill.style.width = `${(100 * count) / Math.max(1, most)}%`;
    return element(
      "tr",
      { title: percent(count, all) },
      element("th", { scope: "row" }, label),
      element("td", { class: "bar-cell" }, fill),
      element("td", { class: "number" }, number(count)),
      element("td", { class: "number muted" }, note),
    );
  });
  const body = element("tbody", {}, ...rows);
  return element("table", { class: "bars", "aria-label": name }, body);
}

/** Columns beside each other, for what has an order; read out as a list. */
export function columnChart(bars: readonly Bar[], name: string): HTMLElement {
  const most = Math.max(1, ...bars.map(({ count }) => count));
  const all = bars.reduce((sum, { count }) => sum + count, 0);
  const items = bars.map(({ label, count, tone = "" }) => {
    const fill = element("i", { class: count === 0 ? "fill none" : `fill ${tone}` });
    fill.style.height = `${(100 * count) / most}%`;
    return element(
      "li",
      { title: `${label}: ${number(count)} (${percent(count, all) || "0 %"})` },
      element("span", { class: "count" }, count === 0 ? "" : short(count)),
      element("span", { class: "column" }, fill),
      element("span", { class: "axis" }, label),
    );
  });
  return element("ol", { class: "columns", "aria-label": name }, ...items);
}
