import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { wait } from "greenlit";
import type { Database, RootDatabase } from "lmdb";
import { isAlive } from "./folder-lock.js";
import type { Redirect } from "./output.js";
import {
  type Changes,
  type FoundEntry,
  LEASE,
  LeaseLost,
  type Membership,
  type Released,
  type Standing,
  type Store,
  type StoredEntry,
  StoreError,
  type TakenQueue,
  type Wanted,
} from "./store.js";

/** LMDB takes keys of 1,978 bytes; all of a URL is ASCII. */
const LONGEST_KEY = 1_900;
/** Renewing earlier would only cost writes: so much of the lease is left, at least. */
const RENEWED = 2 / 3;
const require = createRequire(import.meta.url);

/** Of a queue that ever had an entry: `seq` of the last one, who has it, when it may be taken. */
type Queue = [newest: number, worker: string, ready: number, isFree: boolean];

/** What a worker has done and has: the row stays when it has left. */
interface Worker {
  readonly pid: number;
  readonly isShared: boolean;
  /** Changes when somebody else opens the store by that name, or the worker is taken for dead. */
  readonly epoch: number;
  /** When its lease is over; 0 when it has left. */
  readonly until: number;
  readonly pages: number;
  readonly reserved: number;
  readonly wants: number;
}

const NOBODY = { pid: 0, isShared: true, epoch: 0, until: 0, pages: 0, reserved: 0, wants: 0 };

/**
 * A store in a folder, by LMDB: a B-tree in a file mapped into memory, whose commits are atomic
 * whatever happens to the process. Several processes of one machine may share it.
 *
 *     known    url -> "", or who claimed it                    every URL ever found
 *     queue    [queue, seq] -> [url, depth, referrer, via?]    those that wait
 *     queues   queue -> [newest, worker, ready, isFree]
 *     free     [ready, queue] -> ""                            those that can be taken
 *     leases   [worker, queue] -> ""                           those that are taken
 *     workers  name -> Worker
 *     states   name -> value
 *
 * URLs are keys as they are, not as digests: those of one site are neighbours in the tree, so that
 * a commit of many touches few of its pages.
 *
 * In a store that is not shared nothing is taken: `free` has each queue in which something waits.
 */
export class LmdbStore implements Store {
  readonly isShared: boolean;
  private readonly name: string;
  private readonly lease: number;
  private readonly epoch: number;
  private readonly environment: RootDatabase;
  private readonly known: Database<string, string>;
  private readonly queue: Database<StoredValue, [string, number]>;
  private readonly queues: Database<Queue, string>;
  private readonly free: Database<string, [number, string]>;
  private readonly leases: Database<string, [string, string]>;
  private readonly workers: Database<Worker, string>;
  private readonly kept: Database<unknown, string>;

  /**
   * @param member as whom a shared store is opened; null: as the only one
   * @throws StoreError when the folder cannot be made or read, or is in use
   */
  constructor(folder: string, member: Membership | null = null) {
    this.isShared = member !== null;
    this.name = member?.worker ?? "";
    this.lease = member?.lease ?? LEASE;
    // Loaded when a crawl is kept: others need not wait for it.
    const { open } = require("lmdb") as typeof import("lmdb");
    this.environment = open({
      path: folder,
      maxDbs: 7,
      noSubdir: false,
      overlappingSync: false, // a commit is on the disk when it is done
      // There are transactions only. With it, LMDB makes a promise for the turn of the event loop,
      // which ends the process when it is rejected, because nobody can get hold of it.
      eventTurnBatching: false,
    });
    this.known = this.environment.openDB("known", { encoding: "string" });
    this.queue = this.environment.openDB("queue", { encoding: "json" });
    this.queues = this.environment.openDB("queues", { encoding: "json" });
    this.free = this.environment.openDB("free", { encoding: "string" });
    this.leases = this.environment.openDB("leases", { encoding: "string" });
    this.workers = this.environment.openDB("workers", { encoding: "json" });
    this.kept = this.environment.openDB("states", { encoding: "json" });
    try {
      this.epoch = this.join(folder);
    } catch (error) {
      this.closeEnvironment();
      throw error;
    }
  }

  states(): ReadonlyMap<string, unknown> {
    this.environment.resetReadTxn(); // what other processes have committed
    return new Map([...this.kept.getRange()].map(({ key, value }) => [key, value]));
  }

  has(url: string): boolean {
    return this.known.doesExist(keyOf(url));
  }

  claim(url: string, by: string): boolean {
    return this.change(() => {
      const key = keyOf(url);
      const owner = this.known.get(key);
      if (owner === undefined) void this.known.put(key, by);
      return owner === undefined || owner === by;
    });
  }

  newest(queue: string): number {
    return this.queues.get(queue)?.[0] ?? -1;
  }

  take(count: number): TakenQueue[] {
    if (!this.isShared) return this.all();
    return this.change(() => {
      this.prove();
      const end: [number, string] = [Date.now() + 1, ""];
      const ready = [...this.free.getKeys({ end, limit: Math.min(count, MOST_TAKEN) })];
      return ready.map(([at, queue]) => {
        const [newest] = this.queues.get(queue)!;
        void this.free.remove([at, queue]);
        void this.leases.put([this.name, queue], "");
        void this.queues.put(queue, [newest, this.name, 0, false]);
        return { queue, newest };
      });
    });
  }

  read(wanted: readonly Wanted[]): StoredEntry[][] {
    if (this.isShared) this.environment.resetReadTxn();
    return wanted.map(({ queue, after, count }) => {
      const start: [string, number] = [queue, after + 1];
      const range = this.queue.getRange({ start, end: [queue, Infinity], limit: count });
      const entries: StoredEntry[] = [];
      for (const { key, value } of range) {
        const [url, depth, referrer, via = null] = value;
        entries.push({ seq: key[1], queue, url, depth, referrer, via });
      }
      return entries;
    });
  }

  release(queues: readonly Released[]): void {
    this.change(() => {
      this.prove();
      for (const { queue, delay } of queues) this.giveBack(this.name, queue, delay);
    });
  }

  reserve(count: number, limit: number): number {
    return this.change(() => {
      const mine = this.prove();
      let left = limit;
      for (const [, { pages, reserved }] of this.everybody()) left -= pages + reserved;
      const granted = Math.max(-mine.reserved, Math.min(count, Math.max(0, left)));
      void this.workers.put(this.name, { ...mine, reserved: mine.reserved + granted });
      return granted;
    });
  }

  renew(wants = 0): Standing {
    this.environment.resetReadTxn(); // what other processes have committed
    if (this.isShared) this.keepAlive(wants);
    const now = Date.now();
    const everybody = this.everybody();
    const living = everybody.filter(([, worker]) => isLiving(worker, now));
    const others = living.filter(([name]) => name !== this.name);
    return {
      queued: sizeOf(this.queue),
      pages: everybody.reduce((sum, [, { pages }]) => sum + pages, 0),
      free: sizeOf(this.free),
      taken: sizeOf(this.leases),
      workers: living.length,
      wanted: others.reduce((sum, [, worker]) => sum + worker.wants, 0),
    };
  }

  /** Brought to the disk by a thread of LMDB's own while other greenlets run. */
  commit({ added, moved, known, ended, pages, states }: Changes): void {
    this.change(() => {
      const mine = this.prove();
      const touched = new Map<string, Queue>();
      for (const entry of added) {
        const key = keyOf(entry.url);
        if (this.known.doesExist(key)) continue;
        void this.known.put(key, "");
        this.push(entry, touched);
      }
      for (const entry of moved) this.push(entry, touched);
      for (const url of known) {
        if (!this.known.doesExist(keyOf(url))) void this.known.put(keyOf(url), "");
      }
      for (const { queue, seq } of ended) void this.queue.remove([queue, seq]);
      for (const [queue, row] of touched) this.offer(queue, row);
      if (!this.isShared) this.withdraw(new Set(ended.map(({ queue }) => queue)));
      if (pages > 0) {
        const reserved = Math.max(0, mine.reserved - pages);
        void this.workers.put(this.name, { ...mine, pages: mine.pages + pages, reserved });
      }
      for (const [name, value] of Object.entries(states)) void this.kept.put(name, value);
    });
  }

  close(): void {
    try {
      this.change(() => {
        const mine = this.prove();
        this.dismiss(this.name);
        void this.workers.put(this.name, { ...mine, reserved: 0, until: 0, wants: 0 });
      });
    } catch {
      // Told already: by the last commit, or to those who have its queues now.
    }
    this.closeEnvironment();
  }

  /** Takes the name; whoever had it is dead. @returns the worker's epoch */
  private join(folder: string): number {
    return this.change(() => {
      const now = Date.now();
      for (const [name, it] of this.everybody()) {
        if (name === this.name || !isLiving(it, now) || (this.isShared && it.isShared)) continue;
        throw new StoreError(`${folder} is in use by process ${it.pid}: wait until that has ended`);
      }
      const before = this.workers.get(this.name) ?? NOBODY;
      this.dismiss(this.name);
      const epoch = before.epoch + 1;
      const { pid } = process;
      const { isShared } = this;
      const until = isShared ? now + this.lease : Number.MAX_SAFE_INTEGER; // it renews nothing
      void this.workers.put(this.name, { ...before, pid, isShared, epoch, until, reserved: 0 });
      this.bury(now);
      return epoch;
    });
  }

  /** Renews the lease, and gives back what the dead have left. */
  private keepAlive(wants: number): void {
    const now = Date.now();
    const mine = this.workers.get(this.name)!;
    const hasDead = this.everybody().some(([, it]) => it.until > 0 && !isLiving(it, now));
    const isFresh = mine.until - now > this.lease * RENEWED;
    if (isFresh && !hasDead && mine.epoch === this.epoch && mine.wants === wants) return;
    this.change(() => {
      void this.workers.put(this.name, { ...this.prove(), until: now + this.lease, wants });
      this.bury(now);
    });
  }

  private everybody(): [string, Worker][] {
    return [...this.workers.getRange()].map(({ key, value }) => [key, value]);
  }

  private bury(now: number): void {
    for (const [name, worker] of this.everybody()) {
      if (name === this.name || worker.until === 0 || isLiving(worker, now)) continue;
      this.dismiss(name);
      void this.workers.put(name, { ...worker, epoch: worker.epoch + 1, reserved: 0, until: 0 });
    }
  }

  /** @throws LeaseLost */
  private prove(): Worker {
    const mine = this.workers.get(this.name)!;
    if (mine.epoch !== this.epoch) throw new LeaseLost();
    return mine;
  }

  /** Gives back all queues that a worker has. */
  private dismiss(worker: string): void {
    const range = { start: [worker, ""], end: [`${worker}\0`, ""] } as const;
    const taken = [...this.leases.getKeys(range as never)];
    for (const [, queue] of taken) this.giveBack(worker, queue, 0);
  }

  private giveBack(worker: string, queue: string, delay: number): void {
    if (!this.leases.doesExist([worker, queue])) return;
    void this.leases.remove([worker, queue]);
    const [newest] = this.queues.get(queue)!;
    const row: Queue = [newest, "", delay > 0 ? Date.now() + Math.ceil(delay) : 0, false];
    if (this.isEmpty(queue)) void this.queues.put(queue, row);
    else this.offer(queue, row);
  }

  private push(
    { queue, url, depth, referrer, via }: FoundEntry,
    touched: Map<string, Queue>,
  ): void {
    let row = touched.get(queue);
    if (row === undefined) touched.set(queue, (row = this.queues.get(queue) ?? [-1, "", 0, false]));
    row[0]++;
    const value: StoredValue = via === null ? [url, depth, referrer] : [url, depth, referrer, via];
    void this.queue.put([queue, row[0]], value);
  }

  /** Writes the row of a queue in which something waits. */
  private offer(queue: string, [newest, worker, ready, isFree]: Queue): void {
    const canBeTaken = worker === "";
    if (canBeTaken && !isFree) void this.free.put([ready, queue], "");
    void this.queues.put(queue, [newest, worker, ready, canBeTaken]);
  }

  /** Nobody takes the queues of a store that is not shared: those that are empty now must go. */
  private withdraw(queues: Iterable<string>): void {
    for (const queue of queues) {
      const [newest, worker, ready, isFree] = this.queues.get(queue)!;
      if (!isFree || !this.isEmpty(queue)) continue;
      void this.free.remove([ready, queue]);
      void this.queues.put(queue, [newest, worker, 0, false]);
    }
  }

  private all(): TakenQueue[] {
    return [...this.free.getKeys()].map(([, queue]) => {
      const [newest] = this.queues.get(queue)!;
      return { queue, newest };
    });
  }

  private isEmpty(queue: string): boolean {
    const range = { start: [queue, -1], end: [queue, Infinity], limit: 1 } as const;
    return [...this.queue.getKeys(range as never)].length === 0;
  }

  /** Blocks until all that `body` does is on the disk; nothing of it is when it throws. */
  private change<T>(body: () => T): T {
    // A child transaction can be undone, others cannot.
    const done = this.environment.childTransaction(body) as T | Promise<T>;
    const outcome = wait(
      Promise.resolve(done).then((result) => ({ result, error: null }), failureOf),
    );
    if (outcome.error !== null) throw outcome.error;
    return outcome.result as T;
  }

  private closeEnvironment(): void {
    wait(this.environment.close().catch(() => {})); // the error of the last commit, told already
  }
}

type StoredValue =
  | [url: string, depth: number, referrer: string | null]
  | [url: string, depth: number, referrer: string | null, via: readonly Redirect[]];

/** So many queues at once, lest a transaction takes too long. */
const MOST_TAKEN = 10_000;

function isLiving({ pid, until }: Worker, now: number): boolean {
  return until > now && (pid === process.pid || isAlive(pid));
}

function sizeOf(database: Pick<Database, "getStats">): number {
  return (database.getStats() as { entryCount: number }).entryCount;
}

export function keyOf(url: string): string {
  if (url.length <= LONGEST_KEY) return url;
  return `sha256:${createHash("sha256").update(url).digest("base64url")}`;
}

/** A transaction fails with an error of no meaning, which has a promise of the true one. */
async function failureOf(
  reason: Error & { commitError?: Promise<never> },
): Promise<{ result: undefined; error: Error }> {
  if (reason instanceof StoreError) return { result: undefined, error: reason };
  const cause = await (reason.commitError ?? Promise.reject(reason)).catch(
    (error: unknown) => error,
  );
  const { message, code } = cause as Error & { code?: number };
  // EIO is LMDB's word for a write of which only a part was taken.
  const hint = code === constants.errno.EIO ? " (is the disk full?)" : "";
  return { result: undefined, error: new StoreError(`LMDB says: ${message}${hint}`, { cause }) };
}
