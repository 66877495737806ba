import type { PageColumns } from "../report-data.js";

export type SortKey =
  | "order"
  | "status"
  | "url"
  | "title"
  | "type"
  | "bytes"
  | "ms"
  | "depth"
  | "linked";

/** Which pages are shown. */
export const FILTERS: Readonly<Record<string, string>> = {
  all: "all",
  broken: "broken",
  moved: "redirected",
  html: "HTML",
  untitled: "HTML without a title",
  same: "HTML with another one's title",
  unlinked: "linked from no page",
};

/** Chooses and sorts rows of a list that may be long. */
export class PageRows {
  private readonly pages: PageColumns;
  /** How many HTML pages have a title. */
  private readonly titles = new Map<string, number>();

  constructor(pages: PageColumns) {
    this.pages = pages;
    for (const [i, title] of pages.title.entries())
      if (title !== null && this.isHtml(i))
        this.titles.set(title, (this.titles.get(title) ?? 0) + 1);
  }

  /** Rows by number. */
  choose(filter: string, words: string): Uint32Array {
    const { url, title } = this.pages;
    const wanted = words.trim().toLowerCase();
    const rows: number[] = [];
    for (let i = 0; i < url.length; i++) {
      if (!this.passes(filter, i)) continue;
      if (wanted === "" || url[i]!.toLowerCase().includes(wanted)) rows.push(i);
      else if (title[i]?.toLowerCase().includes(wanted) === true) rows.push(i);
    }
    return Uint32Array.from(rows);
  }

  count(filter: string): number {
    return this.choose(filter, "").length;
  }

  sort(rows: Uint32Array, key: SortKey, descending: boolean): Uint32Array {
    const value = this.valuesOf(key);
    const sign = descending ? -1 : 1;
    return rows.sort((a, b) => {
      const [x, y] = [value(a), value(b)];
      return x < y ? -sign : x > y ? sign : a - b;
    });
  }

  private valuesOf(key: SortKey): (row: number) => number | string {
    const { pages } = this;
    if (key === "order") return (row) => row;
    if (key === "type") return (row) => pages.types[pages.type[row]!] ?? "";
    if (key === "title") return (row) => pages.title[row] ?? "";
    const column = pages[key];
    return (row) => column[row]!;
  }

  private passes(filter: string, row: number): boolean {
    const { status, linked, depth, redirects, title } = this.pages;
    switch (filter) {
      case "broken":
        return status[row] === 0 || status[row]! >= 400;
      case "moved":
        return row in redirects;
      case "html":
        return this.isHtml(row);
      case "untitled":
        return this.isHtml(row) && (title[row] ?? "") === "";
      case "same":
        return this.isHtml(row) && (this.titles.get(title[row] ?? "") ?? 0) > 1;
      case "unlinked":
        return linked[row] === 0 && (row > 0 || depth[row]! > 0);
      default:
        return true;
    }
  }

  private isHtml(row: number): boolean {
    const { status, type, types } = this.pages;
    const name = types[type[row]!] ?? "";
    return status[row] === 200 && (name === "text/html" || name === "application/xhtml+xml");
  }
}
