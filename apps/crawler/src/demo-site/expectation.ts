import type { ErrorCode } from "../errors.js";

/**
 * What a crawl of the whole demo site finds, with the default options of `--demo`. It is declared
 * where the site is, one statement for each page, and never computed by crawling.
 */
export class Expectation {
  /** Final URLs of the pages that answer 2xx. */
  readonly pages: Set<string> = new Set();
  readonly titles: Map<string, string> = new Map();
  /** URLs that fail, with their error codes. */
  readonly errors: Map<string, ErrorCode> = new Map();
  /** URLs no request may ever be made for. */
  readonly neverRequested: Set<string> = new Set();
  readonly skipped: Record<string, number> = {};
  private readonly byClass: Record<string, number> = {};
  private retried = 0;

  /** URLs by the class of their last status. */
  get statuses(): Record<string, number> {
    return { ...this.byClass, "2xx": this.pages.size };
  }

  /** URLs that fail, by error code. */
  get errorCounts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const code of this.errors.values()) counts[code] = (counts[code] ?? 0) + 1;
    return counts;
  }

  /** Attempts beyond the first, of pages; not of robots.txt. */
  get retryCount(): number {
    return this.retried;
  }

  page(url: string): this {
    this.pages.add(url);
    return this;
  }

  error(url: string, code: ErrorCode): this {
    this.errors.set(url, code);
    return this;
  }

  status(statusClass: string, count = 1): this {
    this.byClass[statusClass] = (this.byClass[statusClass] ?? 0) + count;
    return this;
  }

  skip(reason: string, count: number): this {
    this.skipped[reason] = (this.skipped[reason] ?? 0) + count;
    return this;
  }

  retries(count: number): this {
    this.retried += count;
    return this;
  }

  never(url: string): this {
    this.neverRequested.add(url);
    return this;
  }
}
