import type { Skipped } from "./output.js";
import type { Store } from "./store.js";

/** Entries read from the store at once. */
const BATCH = 1_000;

/**
 * What is still queued when a crawl ends; a later run may fetch it. Nothing for a shared store, in
 * which other workers may be about to.
 */
export function* leftovers(store: Store, reason: string): Iterable<Skipped> {
  if (store.isShared) return;
  for (const { queue } of store.take(Infinity)) {
    for (let after = -1; ;) {
      const [entries = []] = store.read([{ queue, after, count: BATCH }]);
      for (const { url, referrer } of entries) yield { url, reason, referrer };
      if (entries.length < BATCH) break;
      after = entries.at(-1)!.seq;
    }
  }
}
