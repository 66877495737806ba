import { Fifo } from "./fifo.js";
import { Heap } from "./heap.js";
import type { StoredEntry } from "./store.js";

/** A URL on its way through the crawl. */
export interface Entry extends StoredEntry {
  /** Fetches begun so far. */
  attempts: number;
  /** URLs this one redirected to in earlier attempts. */
  hops: Set<string> | null;
}

export function beginEntry(stored: StoredEntry): Entry {
  const { seq, queue, url, depth, referrer, via } = stored;
  const hops = via === null ? null : new Set(via.map(({ to }) => to));
  return { seq, queue, url, depth, referrer, via, attempts: 0, hops };
}

/** Entries held in memory, shared by the hosts, and the most that one of them may hold. */
const HELD = 50_000;
const LARGEST_WINDOW = 1_000;

/** What is queued for one host (name and port), and when it may be asked again. Times are in ms. */
export class Host {
  /** Name of the queue. */
  readonly key: string;
  /** The first of those never leased; the rest is in the store. */
  readonly fresh: Fifo<Entry> = new Fifo();
  /** `seq` of the last entry that was in `fresh`, and of the last that there is to be read. */
  loaded = -1;
  newest = -1;
  /**
   * `seq` of the last entry that was ever queued, null while the store was not asked; and of the
   * last when the store gave it to us.
   */
  numbered: number | null = null;
  restored = -1;
  /** Served before the fresh ones: they were there earlier. */
  readonly retries: Fifo<Entry> = new Fifo();
  inFlight = 0;
  /** Of its entries, those that are leased: their requests may be to another host by now. */
  leased = 0;
  /** One until the host's robots.txt is known: only then is it known how fast it may be asked. */
  limit = 1;
  isOpen = false;
  /** Between the starts of two requests. */
  delay = 0;
  /** Of those, some that wait for what becomes of others. */
  resting = 0;
  /** Entries that wait for another attempt. */
  retrying = 0;
  /** Nothing more of it is handed out: another worker shall have it. */
  isLeaving = false;
  /** Requests that come from a redirect and wait for a place; they go first. */
  arrivals = 0;
  /** When the delay since the last request is over. */
  spacedUntil = 0;
  /** When the pause the host asked for (`Retry-After`) is over. */
  pausedUntil = 0;
  /** Why, in the user's words. */
  pauseReason = "";
  /** The heap slot that counts; slots with another ticket are leftovers. */
  ticket = 0;
  scheduledAt: number = Infinity;

  constructor(key: string) {
    this.key = key;
  }

  /** Whether the store has entries that were never in `fresh`. */
  get isSpilled(): boolean {
    return this.loaded < this.newest;
  }

  get readyAt(): number {
    return Math.max(this.spacedUntil, this.pausedUntil);
  }

  get isBusy(): boolean {
    return this.inFlight + this.leased + this.arrivals + this.retrying > 0;
  }

  /** Another part of the same host is treated alike. */
  follow({ limit, delay, spacedUntil, pausedUntil, pauseReason }: Host): void {
    this.isOpen = true;
    Object.assign(this, { limit, delay, spacedUntil, pausedUntil, pauseReason });
  }

  /** Whether a request may start now. */
  hasPlace(now: number): boolean {
    return this.inFlight < this.limit && this.readyAt <= now;
  }
}

/**
 * Whose turn it is: hosts in a heap by the time they are ready, each with its own queues. Every
 * operation costs O(log hosts). It knows no greenlets and no clock; `Frontier` adds both.
 *
 * A host is in the heap exactly while it has a queued URL, a free place and nobody arriving by
 * redirect. Of a long queue only the head is here, and the host is in `hungry` while it may have
 * more: memory depends on how many hosts there are, not on how many URLs wait.
 */
export class Schedule {
  private readonly byKey = new Map<string, Host>();
  private readonly ready = new Heap<{ host: Host; ticket: number }>();
  private readonly backoff = new Heap<{ host: Host; entry: Entry }>();
  /** Hosts that had their turn while no fresh URL was allowed. */
  private readonly parked = new Set<Host>();
  /** Hosts of which the store has more than is here, and of which little is here. */
  readonly hungry: Set<Host> = new Set();
  private freshCount = 0;
  private retryCount = 0;

  get hosts(): number {
    return this.byKey.size;
  }

  [Symbol.iterator](): IterableIterator<Host> {
    return this.byKey.values();
  }

  /** URLs never leased. */
  get fresh(): number {
    return this.freshCount;
  }

  /** Of those, how many are here and not in the store alone. */
  get held(): number {
    let held = 0;
    for (const { fresh } of this.byKey.values()) held += fresh.size;
    return held;
  }

  /** URLs that wait for another attempt. */
  get retries(): number {
    return this.retryCount;
  }

  /**
   * When `take` may have something that it does not have now; Infinity when only a change can help.
   */
  get nextAt(): number {
    return Math.min(this.ready.nextAt, this.backoff.nextAt);
  }

  host(key: string): Host {
    let host = this.byKey.get(key);
    if (host === undefined) this.byKey.set(key, (host = new Host(key)));
    return host;
  }

  /** How much of a host's queue is kept here. */
  get window(): number {
    return Math.max(1, Math.min(LARGEST_WINDOW, Math.floor(HELD / Math.max(1, this.hosts))));
  }

  /** Queues an entry, here or, by not keeping it, in the store. */
  push(host: Host, entry: Entry): void {
    const keeps = !host.isSpilled && host.fresh.size < this.window;
    host.newest = host.numbered = entry.seq;
    this.freshCount++;
    if (keeps) this.load(host, entry);
    else if (host.fresh.size === 0) this.hungry.add(host);
  }

  find(key: string): Host | undefined {
    return this.byKey.get(key);
  }

  /** Forgets a host that is not busy. */
  drop(host: Host): void {
    this.byKey.delete(host.key);
    this.hungry.delete(host);
    this.parked.delete(host);
    this.freshCount -= host.fresh.size;
    host.ticket++;
  }

  /** Takes a host over from the store. @param newest `seq` of the last entry it ever had */
  restore(key: string, newest: number): Host {
    const host = this.host(key);
    host.newest = host.numbered = host.restored = newest;
    this.hungry.add(host);
    return host;
  }

  /** So many more entries wait in the store. */
  counted(fresh: number): void {
    this.freshCount += fresh;
  }

  /**
   * Takes the next entries of a host from the store; they are counted already.
   *
   * @param isAll the store has no more
   */
  refill(host: Host, entries: readonly Entry[], isAll = false): void {
    this.hungry.delete(host);
    for (const entry of entries) this.load(host, entry);
    // The last ones had ended before we came. What we have added since may not be there yet.
    if (isAll && host.newest <= host.restored) host.newest = host.loaded;
  }

  private load(host: Host, entry: Entry): void {
    host.fresh.push(entry);
    host.loaded = entry.seq;
    this.update(host);
  }

  /** Queues an entry again, not to be taken before `at`. */
  pushRetry(host: Host, entry: Entry, at: number): void {
    this.backoff.push(at, { host, entry });
    this.retryCount++;
    host.retrying++;
  }

  /**
   * The next URL that may be fetched, its place at the host taken; null when there is none now.
   *
   * @param allowFresh false when only retries may go
   */
  take(now: number, allowFresh: boolean): { host: Host; entry: Entry } | null {
    if (allowFresh && this.parked.size > 0) this.unpark();
    for (let due = this.backoff.popUntil(now); due; due = this.backoff.popUntil(now)) {
      due.host.retries.push(due.entry);
      this.update(due.host);
    }
    for (let slot = this.ready.popUntil(now); slot; slot = this.ready.popUntil(now)) {
      const { host, ticket } = slot;
      if (ticket !== host.ticket) continue;
      host.scheduledAt = Infinity;
      if (host.readyAt > now) {
        this.update(host); // slowed down since it was scheduled
        continue;
      }
      const entry = this.shift(host, allowFresh);
      if (entry === undefined) {
        this.parked.add(host);
        continue;
      }
      this.occupy(host, now);
      return { host, entry };
    }
    return null;
  }

  /** Takes a place at a host. */
  occupy(host: Host, now: number): void {
    host.inFlight++;
    host.spacedUntil = now + host.delay;
    this.update(host);
  }

  release(host: Host): void {
    host.inFlight--;
    this.update(host);
  }

  /** To be called after every change of a host; puts it into the heap, or takes it out. */
  update(host: Host): void {
    const queued = host.retries.size + host.fresh.size > 0;
    const mayGo = host.inFlight < host.limit && host.arrivals === 0 && !host.isLeaving;
    if (!queued || !mayGo) {
      host.ticket++;
      host.scheduledAt = Infinity;
    } else if (host.scheduledAt > host.readyAt) {
      host.ticket++;
      host.scheduledAt = host.readyAt;
      this.ready.push(host.readyAt, { host, ticket: host.ticket });
    }
  }

  private shift(host: Host, allowFresh: boolean): Entry | undefined {
    const retry = host.retries.shift();
    if (retry !== undefined) {
      this.retryCount--;
      host.retrying--;
      return retry;
    }
    const entry = allowFresh ? host.fresh.shift() : undefined;
    if (entry === undefined) return undefined;
    this.freshCount--;
    if (host.isSpilled && host.fresh.size <= this.window / 2) this.hungry.add(host);
    return entry;
  }

  private unpark(): void {
    const parked = [...this.parked];
    this.parked.clear();
    for (const host of parked) this.update(host);
  }
}
