import { byId, element, setText } from "../../dashboard/page/dom.js";
import { bytes, duration, number } from "../../dashboard/page/format.js";
import type { PageColumns, ReportData } from "../report-data.js";
import { toneOf } from "./overview.js";
import { showPage } from "./page-dialog.js";
import { FILTERS, PageRows, type SortKey } from "./page-rows.js";

interface Column {
  readonly key: SortKey;
  readonly label: string;
  readonly kind: string;
  text(row: number, pages: PageColumns): string;
}

const COLUMNS: readonly Column[] = [
  { key: "status", label: "Status", kind: "status", text: statusOf },
  { key: "url", label: "Address", kind: "url", text: (row, { url }) => url[row]! },
  { key: "title", label: "Title", kind: "title", text: (row, { title }) => title[row] ?? "" },
  { key: "type", label: "Type", kind: "type", text: typeOf },
  { key: "bytes", label: "Size", kind: "number", text: (row, it) => bytes(it.bytes[row]!) },
  { key: "ms", label: "Time", kind: "number", text: (row, it) => duration(it.ms[row]!) },
  { key: "depth", label: "Depth", kind: "number", text: (row, it) => String(it.depth[row]) },
  { key: "linked", label: "Linked by", kind: "number", text: (row, it) => number(it.linked[row]!) },
];

/** Numbers are looked at from the largest down, texts from the beginning. */
const ASCENDING = new Set<SortKey>(["url", "title", "type", "depth"]);
/** Height of a row as in report.css, and rows above and below those that are seen. */
const ROW = 34;
const MARGIN = 12;

/** A table of any length: only the rows that are seen are there. */
export class PageTable {
  private readonly pages: PageColumns;
  private readonly total: number;
  private readonly rows: PageRows;
  private readonly scroller = element("div", { class: "scroller", tabindex: "0" });
  private readonly table = element("table", { class: "pages" });
  private readonly body = element("tbody");
  private readonly above = element("tr", { class: "space", "aria-hidden": "true" });
  private readonly below = element("tr", { class: "space", "aria-hidden": "true" });
  private readonly heads = new Map<SortKey, HTMLElement>();
  private readonly filter = byId("page-filter", HTMLSelectElement);
  private readonly search = byId("page-search", HTMLInputElement);
  private shown: Uint32Array = new Uint32Array();
  private key: SortKey = "order";
  private descending = false;
  private from = -1;
  private to = -1;

  constructor({ pages, figures }: ReportData) {
    this.pages = pages;
    this.total = figures.urls;
    this.rows = new PageRows(pages);
    this.build();
    this.refresh();
  }

  /** Shows the pages whose addresses contain this. */
  searchFor(words: string): void {
    this.filter.value = "all";
    this.search.value = words;
    this.refresh();
    byId("pages").scrollIntoView();
    this.search.focus();
  }

  private build(): void {
    for (const [name, label] of Object.entries(FILTERS))
      this.filter.append(new Option(`${label} (${number(this.rows.count(name))})`, name));
    this.filter.addEventListener("change", () => this.refresh());
    this.search.addEventListener("input", () => this.refresh());
    const head = element("tr", { "aria-rowindex": "1" });
    for (const { key, label, kind } of COLUMNS) {
      const button = element("button", { type: "button", class: "sort" }, label);
      button.addEventListener("click", () => this.sortBy(key));
      const cell = element("th", { scope: "col", class: kind }, button);
      this.heads.set(key, cell);
      head.append(cell);
    }
    this.table.setAttribute("aria-label", "Pages");
    for (const space of [this.above, this.below])
      space.append(element("td", { colspan: String(COLUMNS.length) }));
    this.table.append(element("thead", {}, head), this.body);
    this.scroller.setAttribute("role", "region");
    this.scroller.setAttribute("aria-label", "Pages, scrollable");
    this.scroller.append(this.table);
    this.scroller.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(this.scroller);
    this.body.addEventListener("click", ({ target }) => {
      const row = (target as Element).closest("tr")?.dataset["row"];
      if (row !== undefined && (target as Element).closest("button") !== null)
        showPage(this.pages, Number(row));
    });
    byId("page-table").append(this.scroller);
  }

  private sortBy(key: SortKey): void {
    this.descending = this.key === key ? !this.descending : !ASCENDING.has(key);
    this.key = key;
    this.refresh();
  }

  private refresh(): void {
    const { key, descending } = this;
    const chosen = this.rows.choose(this.filter.value, this.search.value);
    this.shown = this.rows.sort(chosen, key, descending);
    for (const [name, cell] of this.heads) {
      const order = name !== key ? "none" : descending ? "descending" : "ascending";
      cell.setAttribute("aria-sort", order);
    }
    this.table.setAttribute("aria-rowcount", String(this.shown.length + 1));
    const listed = this.pages.url.length;
    const all = listed < this.total ? `the first ${number(listed)} of ` : "";
    setText(byId("page-count"), `${number(this.shown.length)} of ${all}${number(this.total)} URLs`);
    this.scroller.scrollTop = 0;
    this.from = this.to = -1;
    this.draw();
  }

  private draw(): void {
    const { scrollTop, clientHeight } = this.scroller;
    const from = Math.max(0, Math.floor(scrollTop / ROW) - MARGIN);
    const to = Math.min(this.shown.length, Math.ceil((scrollTop + clientHeight) / ROW) + MARGIN);
    if (from === this.from && to === this.to) return;
    [this.from, this.to] = [from, to];
    const rows = [...this.shown.subarray(from, to)].map((row, i) => this.rowOf(row, from + i));
    setHeight(this.above, from * ROW);
    setHeight(this.below, (this.shown.length - to) * ROW);
    const focused = this.focusedRow();
    this.body.replaceChildren(this.above, ...rows, this.below);
    if (focused !== null) this.focus(focused);
  }

  private rowOf(row: number, position: number): HTMLElement {
    const line = element("tr", { "aria-rowindex": String(position + 2), "data-row": String(row) });
    for (const { kind, text } of COLUMNS) {
      const words = text(row, this.pages);
      const cell = element("td", { class: kind });
      if (kind === "status")
        cell.append(element("span", { class: `badge ${toneOf(words)}` }, words));
      else if (kind === "url") cell.append(element("button", { type: "button" }, words));
      else setText(cell, words);
      if (kind === "url" || kind === "title" || kind === "type") cell.title = words;
      line.append(cell);
    }
    return line;
  }

  /** Rows are made anew while one scrolls: who went there by keys stays where they are. */
  private focusedRow(): string | null {
    const focused = document.activeElement;
    return this.body.contains(focused) ? (focused?.closest("tr")?.dataset["row"] ?? null) : null;
  }

  private focus(row: string): void {
    const line = [...this.body.rows].find(({ dataset }) => dataset["row"] === row);
    const button = line?.querySelector("button") ?? this.scroller;
    button.focus({ preventScroll: true });
  }
}

function setHeight(row: HTMLTableRowElement, height: number): void {
  row.hidden = height === 0;
  row.cells[0]!.style.height = `${height}px`;
}

/** `200`, or the code of the error. */
function statusOf(row: number, { status, errors }: PageColumns): string {
  return errors[row]?.[0] ?? String(status[row]);
}

function typeOf(row: number, { type, types }: PageColumns): string {
  return types[type[row]!] ?? "";
}
