import { join } from "node:path";
import { describe, it } from "vitest";
import { LmdbStore } from "../src/lmdb-store.js";
import { MemoryStore } from "../src/memory-store.js";
import { describeStore } from "../src/store-suite.js";
import { temporaryFolder } from "./folder.js";

const hooks = { describe, it };

describeStore("in memory", () => ({ open: () => new MemoryStore(), isDurable: false }), hooks);

const lmdb = () => {
  const folder = join(temporaryFolder(), "store");
  return { open: () => new LmdbStore(folder), isDurable: true };
};
describeStore("LMDB", lmdb, hooks);
