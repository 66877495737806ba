import { errorCode, errorMessage } from "./errors.js";
import type { Page } from "./fetcher.js";
import type { Lease } from "./frontier.js";
import type { Hooks } from "./hooks.js";
import type { PageRecord, Skipped } from "./output.js";
import type { Outputs } from "./outputs.js";
import type { Statistics } from "./summary.js";
import type { Watcher } from "./watcher.js";

/** What a crawl tells of itself: counted, written to the outputs, and told to the hooks. */
export class Ledger {
  /** Somebody else who wants to know. */
  watcher: Watcher | null = null;
  private readonly statistics: Statistics;
  private readonly outputs: Outputs;
  private readonly onError: Hooks["onError"];

  constructor(statistics: Statistics, outputs: Outputs, onError: Hooks["onError"]) {
    this.statistics = statistics;
    this.outputs = outputs;
    this.onError = onError;
  }

  /** A URL that is not fetched, or a link that is not followed. */
  refuse(skipped: Skipped): void {
    this.statistics.skipped.add(skipped.reason, skipped.count);
    this.outputs.write("skipped", skipped);
    this.watcher?.skipped(skipped);
  }

  items(items: readonly unknown[]): void {
    for (const item of items) this.outputs.write("items", item);
  }

  /** A URL has ended with a page. */
  page(lease: Lease, ms: number, page: Page): void {
    const { finalUrl, status, contentType, bytes, title, canonical, noindex } = page;
    const { stopped, inventory } = page;
    const answer = { finalUrl, status, contentType, bytes, title, canonical, noindex };
    const links = page.links.length;
    this.write({ ...begin(lease, ms), ...answer, links, stopped });
    if (inventory !== null) this.outputs.write("links", { page: finalUrl, ...inventory });
  }

  /** A URL has ended with an error. @throws what the hook throws */
  failure(lease: Lease, ms: number, error: unknown): void {
    const [code, message] = [errorCode(error), errorMessage(error)];
    this.fail({ ...begin(lease, ms), error: code, message }, error);
  }

  /** A seed that is no URL. @throws what the hook throws */
  badSeed(seed: string, reason: PageRecord["error"]): void {
    const message = "not a URL that can be crawled";
    this.fail({ ...blankRecord(seed), error: reason, message }, null);
  }

  private fail(record: PageRecord, error: unknown): void {
    this.write(record);
    this.onError?.(error, record);
  }

  private write(record: PageRecord): void {
    this.statistics.count(record);
    this.outputs.write("pages", record);
    this.watcher?.ended(record);
  }
}

function begin({ entry, redirects = [] }: Lease, ms: number): PageRecord {
  const { url, depth, referrer, attempts } = entry;
  return { ...blankRecord(url), depth, referrer, attempts, ms: Math.round(ms), redirects };
}

function blankRecord(url: string): PageRecord {
  return {
    url,
    finalUrl: url,
    redirects: [],
    status: null,
    contentType: null,
    bytes: 0,
    title: null,
    canonical: null,
    noindex: false,
    depth: 0,
    referrer: null,
    links: 0,
    ms: 0,
    attempts: 0,
    stopped: null,
    error: null,
    message: null,
  };
}
