import type { PageRecord } from "../output.js";
import type { PageColumns } from "./report-data.js";

/** URLs that are listed, and characters of their texts. */
const MAX_PAGES = 100_000;
const MAX_TEXT = 32 * 1024 * 1024;

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] };

/** The first URLs of a crawl by columns, as many as a browser can show. */
export class PageList {
  readonly columns: Mutable<PageColumns> & {
    redirects: Record<number, string>;
    errors: Record<number, [string, string]>;
  } = {
    url: [],
    status: [],
    type: [],
    bytes: [],
    ms: [],
    depth: [],
    links: [],
    linked: [],
    title: [],
    referrer: [],
    types: [],
    redirects: {},
    errors: {},
  };
  private readonly limit: number;
  private readonly numbers = new Map<string, number>();
  private readonly types = new Map<string, number>();
  private text = 0;

  constructor(limit: number = MAX_PAGES) {
    this.limit = limit;
  }

  add(record: PageRecord): void {
    const { columns } = this;
    const { url, finalUrl, redirects, title, error } = record;
    const number = columns.url.length;
    if (number >= this.limit || this.text > MAX_TEXT) return;
    this.text += url.length + (title?.length ?? 0) + (finalUrl === url ? 0 : finalUrl.length);
    this.numbers.set(url, number);
    // Who links to where a redirect led links to what is listed under its first name.
    for (const { to } of redirects) if (!this.numbers.has(to)) this.numbers.set(to, number);
    columns.url.push(url);
    columns.status.push(error === null ? (record.status ?? 0) : 0);
    columns.type.push(this.typeOf(record.contentType));
    columns.bytes.push(record.bytes);
    columns.ms.push(record.ms);
    columns.depth.push(record.depth);
    columns.links.push(record.links);
    columns.linked.push(0);
    columns.title.push(title);
    columns.referrer.push(record.referrer === null ? -1 : this.numberOf(record.referrer));
    if (redirects.length > 0) columns.redirects[number] = redirects.at(-1)!.to;
    if (error !== null) columns.errors[number] = [error, record.message ?? ""];
  }

  /** By its own name, or by that of a redirect to it; -1 when it is not listed. */
  numberOf(url: string): number {
    return this.numbers.get(url) ?? -1;
  }

  private typeOf(contentType: string | null): number {
    const type = mediaType(contentType);
    if (type === null) return -1;
    let number = this.types.get(type);
    if (number === undefined) {
      number = this.columns.types.push(type) - 1;
      this.types.set(type, number);
    }
    return number;
  }
}

/** `text/html` of `Text/HTML; charset=utf-8`; null for none. */
export function mediaType(contentType: string | null): string | null {
  const [type = ""] = (contentType ?? "").split(";", 1);
  return type.trim() === "" ? null : type.trim().toLowerCase().slice(0, 60);
}
