import type { Redirect } from "./output.js";

/** A URL that is to be queued. */
export interface FoundEntry {
  /** Whose queue it stands in: a host (name and port), or a part of one. */
  readonly queue: string;
  readonly url: string;
  /** Links from a seed. */
  readonly depth: number;
  /** The page on which the URL was found first; null for a seed. */
  readonly referrer: string | null;
  /** Redirects that were followed already, when it goes on where the last one leads; else null. */
  readonly via: readonly Redirect[] | null;
}

/** A URL that waits to be fetched, as a store keeps it. */
export interface StoredEntry extends FoundEntry {
  /** Names it in its queue, in which it counts up. */
  readonly seq: number;
}

/** What happened since the last commit. */
export interface Changes {
  /** URLs found: known from now on, and queued. Those that are known already are left out. */
  readonly added: readonly FoundEntry[];
  /** URLs that go on in another queue: queued, although they are known. */
  readonly moved: readonly FoundEntry[];
  /** URLs known from now on without being queued: where redirects led. */
  readonly known: readonly string[];
  /** Entries that are fetched, failed, skipped or moved. They may be among the added ones. */
  readonly ended: readonly StoredEntry[];
  /** How many of those count for the page limit. */
  readonly pages: number;
  /** Values to be kept beside the queues, by name: anything JSON can say. Others stay. */
  readonly states: Readonly<Record<string, unknown>>;
}

/** A queue that a worker has taken. */
export interface TakenQueue {
  readonly queue: string;
  /** `seq` of the last entry that was ever in it; Infinity where that is not known. */
  readonly newest: number;
}

/** Which entries a worker wants of a queue that it has. */
export interface Wanted {
  readonly queue: string;
  /** `seq` of the last entry that it read or added; -1 when there was none. */
  readonly after: number;
  /** So many at most. */
  readonly count: number;
}

/** A queue that a worker gives back, and how many ms must pass until anybody takes it. */
export interface Released {
  readonly queue: string;
  readonly delay: number;
}

/** How the whole crawl stands, all workers together. */
export interface Standing {
  /** Entries that wait or are in flight: nothing is left to do when there are none. */
  readonly queued: number;
  /** What `pages` of all commits adds up to. */
  readonly pages: number;
  /** Queues in which something waits and that nobody has; a store may stop counting at 1,000. */
  readonly free: number;
  /** Queues that a worker has. */
  readonly taken: number;
  /** Workers that live, this one included. */
  readonly workers: number;
  /** Queues that the others said they want: see `renew`. */
  readonly wanted: number;
}

/**
 * Where a crawl is kept: which URLs are known, and each host's queue of those that wait. An entry
 * that is being fetched stays in its queue until it has ended, so whatever becomes of a process,
 * nothing that it had in flight is lost.
 *
 * A store is opened for one worker, by a name that no other worker has at the same time. A store
 * that is not shared has one worker only, which has all queues without taking them, and to which
 * `has` tells the truth. In a shared one a worker reads and ends entries only of queues that it has
 * taken, and nobody else has those meanwhile: so all that concerns a host stays in one place.
 * A worker has its queues until it releases or closes, or is dead: when it has not called
 * `renew` for so long that its lease is over, or as soon as the store knows, such as when a worker
 * of its name opens the store.
 *
 * All methods may block the greenlet, `has` alone may not. Each promise is tested by
 * `describeStore` (store-suite.ts):
 *
 * - `commit` MUST make all of it durable, or nothing, and return when it is; killing the process at
 *   any moment leaves one or the other. When it throws the worker MUST NOT go on.
 * - `commit` MUST give the entries of a queue that it adds the numbers that follow on the last one
 *   it ever gave there, from 0, in the order of `added` and `moved`; for whoever reads, an entry
 *   MUST NOT come up before one with a higher number that was read already.
 * - `commit` MUST queue each URL once, however many workers find it at the same time.
 * - `commit` MUST queue what is added before it removes what has ended.
 * - `commit` and `take` MUST throw `LeaseLost` in a worker that was taken for dead, and change
 *   nothing: what it had in flight is with others by now.
 * - `states` MUST be those of the last commits.
 * - `has` of a store that is not shared MUST tell true for every URL that a commit has made known,
 *   whether it waits or has ended, and false for others. In a shared one it may say false.
 * - `claim` MUST make a URL known on behalf of another one, and tell whether it was unknown, or
 *   claimed on behalf of that same one; of several workers that ask, one at most gets it.
 * - `take` MUST give queues in which something waits, that nobody has, and that nobody may leave
 *   alone longer; none to two workers. In a store that is not shared it MUST give all of them.
 * - `read` MUST give, for each that is wanted, the next entries in their order.
 * - `release` MUST give queues back; those in which something waits, or to which something is added
 *   later, can be taken when their delay is over.
 * - `reserve` MUST never let all that is reserved and all pages that were committed be more than
 *   the limit. A page that is committed was reserved before; what a dead worker reserved is free.
 * - `renew` MUST tell how the whole crawl stands after all that was committed before.
 */
export interface Store {
  /** Whether other workers may use the crawl at the same time. */
  readonly isShared: boolean;
  states(): ReadonlyMap<string, unknown>;
  has(url: string): boolean;
  claim(url: string, by: string): boolean;
  take(count: number): TakenQueue[];
  /**
   * Of a store that is not shared, where queues live longer than a process: the number of the last
   * entry that a queue ever had, -1 when it had none. `take` says it only where something waits.
   */
  newest?(queue: string): number;
  /** @returns a list for each that is wanted */
  read(wanted: readonly Wanted[]): StoredEntry[][];
  release(queues: readonly Released[]): void;
  /**
   * @param count pages to be begun; negative: reserved before, and not begun
   * @param limit pages of the whole crawl
   * @returns how many may be
   */
  reserve(count: number, limit: number): number;
  /** @param wants so many more queues it would take; the others see it */
  renew(wants?: number): Standing;
  commit(changes: Changes): void;
  /** Releases everything. */
  close(): void;
}

/** As whom a worker opens a shared store. */
export interface Membership {
  /** Its name, that no other worker of the crawl has. */
  readonly worker: string;
  /** Ms without `renew` after which a worker counts as dead. */
  readonly lease?: number;
}

/** Ms without a sign of life after which a worker's queues are given to others. */
export const LEASE = 30_000;

/** The store cannot be opened, read or written. */
export class StoreError extends Error {
  override readonly name: string = "StoreError";
  readonly code: string = "ERR_CRAWLER_STORE";
}

/** This worker was taken for dead, and its queues are with others. */
export class LeaseLost extends StoreError {
  override readonly name = "LeaseLost";
  override readonly code = "ERR_CRAWLER_LEASE_LOST";

  constructor() {
    super(
      "this worker gave no sign of life for too long, and its hosts were given to others: " +
        "start it again, and it goes on with what is left",
    );
  }
}
