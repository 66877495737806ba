import type { PageRecord } from "./output.js";

/** A request that is about to be sent; a hook may change what it says. */
export interface RequestDraft {
  readonly url: URL;
  /** Names in lower case. `cookie` and `authorization` go here too. */
  readonly headers: Record<string, string>;
  /** URL of an HTTP proxy to send it through; null for none. */
  proxy: string | null;
}

export interface Hooks {
  /**
   * Called before each request: pages, each hop of a redirect, and robots.txt. Look at `url` before
   * you add a secret: redirects lead to other hosts. What it throws is the page's error.
   */
  readonly onRequest?: (request: RequestDraft) => void;
  /**
   * Called for each URL that failed for good, with what was thrown and the record that is written.
   * What it throws ends the crawl.
   */
  readonly onError?: (error: unknown, record: PageRecord) => void;
}
