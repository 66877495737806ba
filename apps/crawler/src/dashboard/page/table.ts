import type { Selection } from "../snapshot.js";
import { element, setText } from "./dom.js";

export interface Column<Row> {
  /** What the server calls it when it sorts; null when it cannot be sorted by. */
  readonly sort: string | null;
  readonly label: string;
  /** CSS width; without one it shares what is left. */
  readonly width?: string;
  readonly kind?: "number" | "mono" | "badge" | "open";
  readonly text: (row: Row) => string;
  /** Of a badge. */
  readonly tone?: (row: Row) => string;
}

export interface Order {
  sort: string;
  descending: boolean;
}

/**
 * A table that can be sorted. Its rows are made once and filled anew: whatever comes and goes,
 * nothing moves, and the page does not grow.
 */
export class Table<Row> {
  readonly order: Order;
  private readonly columns: readonly Column<Row>[];
  private readonly body = element("tbody");
  private readonly headers: { cell: HTMLElement; sort: string | null }[] = [];
  private readonly empty: HTMLElement;
  private readonly rows: { row: HTMLElement; cells: HTMLElement[] }[] = [];
  private shown: readonly Row[] = [];
  /** While a button is held down the rows stay as they are: it was meant for what was there. */
  private isHeld = false;
  private held: readonly Row[] | null = null;

  /**
   * @param order by which it is sorted at first
   * @param onOrder the user wants another order
   * @param onOpen the user opened a row, by a cell of the kind `open`
   */
  constructor(
    place: HTMLElement,
    columns: readonly Column<Row>[],
    about: { label: string; empty: string; order: Order },
    onOrder: () => void,
    onOpen: (row: Row) => void = () => {},
  ) {
    this.columns = columns;
    this.order = { ...about.order };
    const head = element("tr");
    const group = element("colgroup");
    for (const column of columns) {
      const { sort, label, width, kind } = column;
      const cell = element("th", { scope: "col", class: kind === "number" ? kind : "" });
      if (sort === null) cell.append(label);
      else {
        const button = element("button", { class: "sort" }, label);
        button.addEventListener("click", () => this.sortBy(sort, onOrder));
        cell.append(button);
      }
      this.headers.push({ cell, sort });
      head.append(cell);
      const col = element("col");
      if (width !== undefined) col.style.width = width;
      group.append(col);
    }
    this.empty = element("p", { class: "empty muted" }, about.empty);
    const table = element(
      "table",
      { "aria-label": about.label },
      group,
      element("thead", {}, head),
      this.body,
    );
    place.append(table, this.empty);
    this.body.addEventListener("click", ({ target }) => {
      const button = target instanceof Element ? target.closest("button") : null;
      const index = this.rows.findIndex(({ row }) => row === button?.closest("tr"));
      const row = this.shown[index];
      if (row !== undefined) onOpen(row);
    });
    this.body.addEventListener("pointerdown", () => (this.isHeld = true));
    for (const name of ["pointerup", "pointercancel"]) {
      // After the click, which comes behind it.
      addEventListener(name, () => setTimeout(() => this.letGo()));
    }
    this.showOrder();
  }

  draw({ rows }: Selection<Row>): void {
    if (this.isHeld) this.held = rows;
    else this.fill(rows);
  }

  private letGo(): void {
    this.isHeld = false;
    if (this.held !== null) this.fill(this.held);
    this.held = null;
  }

  private fill(rows: readonly Row[]): void {
    this.shown = rows;
    while (this.rows.length < rows.length) this.rows.push(this.add());
    this.rows.forEach(({ row, cells }, i) => {
      const value = rows[i];
      row.hidden = value === undefined;
      if (value === undefined) return;
      this.columns.forEach(({ text, tone, kind }, c) => {
        const cell = cells[c]!;
        const words = text(value);
        setText(cell, words);
        if (kind === "badge") cell.className = `badge ${tone?.(value) ?? ""}`;
        else cell.title = words;
      });
    });
    this.empty.hidden = rows.length > 0;
  }

  private add(): { row: HTMLElement; cells: HTMLElement[] } {
    const row = element("tr");
    const cells = this.columns.map(({ kind = "" }) => {
      const isFilled = kind === "open" || kind === "badge";
      const cell = element("td", { class: isFilled ? `has-${kind}` : kind });
      row.append(cell);
      if (!isFilled) return cell;
      const inner = element(kind === "open" ? "button" : "span");
      cell.append(inner);
      return inner;
    });
    this.body.append(row);
    return { row, cells };
  }

  private sortBy(sort: string, onOrder: () => void): void {
    const { order } = this;
    order.descending = order.sort === sort ? !order.descending : true;
    order.sort = sort;
    this.showOrder();
    onOrder();
  }

  private showOrder(): void {
    const { sort, descending } = this.order;
    for (const header of this.headers) {
      const isIt = header.sort === sort;
      header.cell.setAttribute(
        "aria-sort",
        isIt ? (descending ? "descending" : "ascending") : "none",
      );
    }
  }
}
