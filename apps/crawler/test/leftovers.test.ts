import { run } from "greenlit";
import { expect, it } from "vitest";
import { leftovers } from "../src/leftovers.js";
import { MemoryStore } from "../src/memory-store.js";
import type { StoredEntry } from "../src/store.js";

it("names each URL that is still queued, with the page that links there", async () => {
  const store = new MemoryStore();
  const added = Array.from({ length: 2_500 }, (_, seq): StoredEntry => {
    const host = seq % 5 === 0 ? "a" : "b";
    return { seq, host, url: `http://${host}/${seq}`, depth: 1, referrer: `http://${host}/` };
  });
  await run(() => {
    store.commit({ added, known: [], ended: added.slice(0, 10) }, {});
    const found = [...leftovers(store, "max-pages")];
    expect(found.map(({ url }) => url).sort()).toEqual(
      added
        .slice(10)
        .map(({ url }) => url)
        .sort(),
    );
    expect(found[0]).toEqual({ url: "http://a/10", reason: "max-pages", referrer: "http://a/" });
  });
});
