import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { LmdbStore } from "./lmdb-store.js";
import { MemoryStore } from "./memory-store.js";
import { type Store, StoreError } from "./store.js";

export interface StoreOptions {
  /** Folder of the job. */
  readonly job?: string | undefined;
  /** `lmdb`, or the URL of a server, on which the crawl has the name of the job's folder. */
  readonly store?: string | Store | undefined;
  /** Name of this worker, when several processes work on the job. */
  readonly worker?: string | undefined;
  readonly fresh?: boolean | undefined;
}

/** A store, and the name by which this worker is known in it. */
export interface Opened {
  readonly store: Store;
  /** That of a worker is the job's main name, a blank and its own. */
  readonly name: string;
}

/** Name in a store of the one that works on a job alone, or for all of its workers. */
const MAIN = "main";

/**
 * Opens where a crawl is kept; with `fresh`, empty. Blocks.
 * @throws StoreError when it cannot be opened
 */
export function openStore({ job, store = "lmdb", worker, fresh }: StoreOptions): Opened {
  if (typeof store !== "string") return { store, name: worker ?? MAIN };
  if (job === undefined) {
    if (store === "lmdb" && worker === undefined) return { store: new MemoryStore(), name: MAIN };
    throw new StoreError("a crawl that is shared needs a folder for what it writes: name a job");
  }
  if (store !== "lmdb") return openServer(store, job, { worker, fresh });
  const folder = join(job, "store");
  if (fresh === true) rmSync(folder, { recursive: true, force: true });
  if (worker === undefined) return { store: new LmdbStore(folder), name: MAIN };
  const name = `${MAIN} ${worker}`;
  return { store: new LmdbStore(folder, { worker: name }), name };
}

type Options = Pick<StoreOptions, "worker" | "fresh">;

function openServer(url: string, job: string, { worker, fresh }: Options): Opened {
  const machine = machineOf(job);
  const name = worker === undefined ? machine : `${machine} ${worker}`;
  const [scheme] = url.split(":", 1);
  void [fresh, name, basename(resolve(job))];
  throw new StoreError(`${scheme} is no kind of store: lmdb, or the URL of a server`);
}

/** What tells this folder's workers from those of other machines: kept in it. */
function machineOf(job: string): string {
  mkdirSync(job, { recursive: true });
  const file = join(job, "machine");
  try {
    writeFileSync(file, randomUUID(), { flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  return readFileSync(file, "utf8");
}
