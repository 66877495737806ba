import { join } from "node:path";
import { describe, it } from "vitest";
import { LmdbStore } from "../src/lmdb-store.js";
import { MemoryCrawl, MemoryStore } from "../src/memory-store.js";
import type { Membership } from "../src/store.js";
import { describeStore } from "../src/store-suite.js";
import { temporaryFolder } from "./folder.js";

const hooks = { describe, it };

const alone = () => ({ open: () => new MemoryStore() });
describeStore("in memory", { isShared: false, isDurable: false, make: alone }, hooks);

const together = () => {
  const crawl = new MemoryCrawl();
  return { open: (member: Membership) => new MemoryStore(crawl, member) };
};
describeStore("in memory, shared", { isShared: true, isDurable: true, make: together }, hooks);

for (const isShared of [false, true]) {
  const make = () => {
    const folder = join(temporaryFolder(), "store");
    return { open: (member: Membership) => new LmdbStore(folder, isShared ? member : null) };
  };
  const name = `LMDB${isShared ? ", shared" : ""}`;
  describeStore(name, { isShared, isDurable: true, make }, hooks);
}
