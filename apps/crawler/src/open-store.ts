import { randomUUID } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { wait } from "greenlit";
import { LmdbStore } from "./lmdb-store.js";
import { MemoryStore } from "./memory-store.js";
import { type Membership, type Store, StoreError } from "./store.js";

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

/** A driver for crawls on servers. */
interface Driver {
  new (url: string, options: Membership & { readonly job: string }): Store;
  /** Removes a crawl. */
  drop(url: string, job: string): void;
}

/** By the scheme of the server's URL. Loaded when one is asked for. */
const DRIVERS: Readonly<Record<string, () => Promise<Driver>>> = {
  postgres: async () => (await import("./postgres-store.js")).PostgresStore,
  postgresql: async () => (await import("./postgres-store.js")).PostgresStore,
  redis: async () => (await import("./redis-store.js")).RedisStore,
  rediss: async () => (await import("./redis-store.js")).RedisStore,
  amqp: async () => (await import("./rabbitmq-store.js")).RabbitmqStore,
  amqps: async () => (await import("./rabbitmq-store.js")).RabbitmqStore,
};

/** Removes the crawl of a job's folder from a server. Blocks. @throws StoreError */
export function dropCrawl(url: string, folder: string): void {
  driverOf(url).drop(url, nameOf(folder));
}

function openServer(url: string, folder: string, { worker, fresh }: StoreOptions): Opened {
  const Driver = driverOf(url);
  const machine = machineOf(folder);
  const name = worker === undefined ? machine : `${machine} ${worker}`;
  if (fresh === true) dropCrawl(url, folder);
  return { store: new Driver(url, { job: nameOf(folder), worker: name }), name };
}

/** Of the crawl, on a server. */
function nameOf(folder: string): string {
  return basename(resolve(folder));
}

function driverOf(url: string): Driver {
  const load = DRIVERS[/^([a-z]+):/.exec(url)?.[1] ?? ""];
  if (load === undefined) {
    const names = Object.keys(DRIVERS).map((scheme) => `${scheme}:`);
    throw new StoreError(`--store must be lmdb, or a URL that begins with ${names.join(" or ")}`);
  }
  return wait(load());
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
