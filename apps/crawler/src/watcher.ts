import type { PageRecord, Skipped } from "./output.js";

/** Is told what happens in a crawl, at the moment when it does. Must not block or throw. */
export interface Watcher {
  /** A URL has ended, with a page or without. */
  ended(record: PageRecord): void;
  /** A link is not followed. */
  skipped(skipped: Skipped): void;
}
