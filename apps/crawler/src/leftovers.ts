import type { Skipped } from "./output.js";
import type { Store } from "./store.js";

/** Entries read from the store at once. */
const BATCH = 1_000;

/** What is still queued when a crawl ends. The next run of the crawl may fetch it. */
export function* leftovers(store: Store, reason: string): Iterable<Skipped> {
  for (const { host } of store.hosts()) {
    for (let after = -1; ;) {
      const entries = store.read(host, after, BATCH);
      for (const { url, referrer } of entries) yield { url, reason, referrer };
      if (entries.length < BATCH) break;
      after = entries.at(-1)!.seq;
    }
  }
}
