import { run } from "greenlit";
import { expect, it } from "vitest";
import { leftovers } from "../src/leftovers.js";
import { MemoryStore } from "../src/memory-store.js";
import type { FoundEntry, StoredEntry } from "../src/store.js";

it("names each URL that is still queued, with the page that links there", async () => {
  const store = new MemoryStore();
  const added = Array.from({ length: 2_500 }, (_, i): FoundEntry => {
    const queue = i % 5 === 0 ? "a" : "b";
    const url = `http://${queue}/${i}`;
    return { queue, url, depth: 1, referrer: `http://${queue}/`, via: null };
  });
  await run(() => {
    store.commit({ added, moved: [], known: [], ended: [], pages: 0, states: {} });
    const [[first]] = store.read([{ queue: "a", after: -1, count: 1 }]) as [[StoredEntry]];
    store.commit({ added: [], moved: [], known: [], ended: [first], pages: 1, states: {} });
    const found = [...leftovers(store, "max-pages")];
    const urls = added.slice(1).map(({ url }) => url);
    expect(found.map(({ url }) => url).sort()).toEqual(urls.sort());
    expect(found[0]).toEqual({ url: "http://a/5", reason: "max-pages", referrer: "http://a/" });
  });
});
