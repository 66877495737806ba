import { Event } from "greenlit";
import { MemoryStore } from "./memory-store.js";
import type { Redirect } from "./output.js";
import { Pauses } from "./pauses.js";
import { RecentSet } from "./recent-set.js";
import { type Entry, type Host, Schedule } from "./schedule.js";
import type { Changes, FoundEntry, Store, StoredEntry } from "./store.js";

export interface FrontierOptions {
  /** URLs leased at once. */
  readonly concurrency: number;
  /** URLs of one host leased at once. */
  readonly perHost: number;
  /** URLs fetched at most, however they end; retries and skipped URLs do not count. */
  readonly maxPages?: number;
  /** Whether no further URL may be begun, whatever `maxPages` says. */
  readonly isSpent?: () => boolean;
}

/**
 * A URL that somebody is fetching. It ends in exactly one of `done`, `fail`, `skip`, `retry` or
 * `giveBack`.
 */
export interface Lease {
  readonly entry: Entry;
  /** Where the lease holds a place: moves along with redirects. */
  host: Host | null;
  /** Where it was redirected, in this attempt. */
  redirects?: Redirect[];
}

export interface FrontierCounts {
  pending: number;
  leased: number;
  /** The most that were ever leased at once. */
  peak: number;
  done: number;
  failed: number;
  skipped: number;
  hosts: number;
}

/** What a later run takes over. */
export interface SavedFrontier {
  readonly done: number;
  readonly failed: number;
  readonly skipped: number;
}

/** So many changes wait for a commit at most: then no further URL is leased before one. */
const UNCOMMITTED = 50_000;

/** URLs that are not known, at most, of which that is remembered. */
const REMEMBERED = 100_000;

/** Hosts for which the store is read between two leases: many of them must not stop the crawl. */
const REFILLED = 100;

/**
 * The URLs known to the crawl, each once, and the politeness with which they are handed out.
 *
 *     pending --next--> leased --done--> done
 *        ^                | |---fail---> failed
 *        |                | `---skip---> skipped
 *        `-retry/giveBack-'
 *
 * The store has what was committed. What has happened since is here, as changes that its keeper
 * takes from time to time and commits; then it calls `committed`.
 */
export class Frontier {
  private readonly options: Required<FrontierOptions>;
  private readonly schedule = new Schedule();
  private readonly store: Store;
  /** URLs known for certain: all that are not committed yet, and as many others as fit. */
  private readonly recent = new RecentSet();
  /**
   * URLs that the store was asked for and did not have: each is asked for again when it is queued,
   * or found on another page.
   */
  private readonly unknown = new Set<string>();
  /** URLs known because a lease that has not ended was redirected there. */
  private readonly claimed = new Set<string>();
  private changes = noChanges();
  /** Hosts of which the store will have more after the next commit. */
  private readonly uncommitted = new Set<Host>();
  readonly pauses: Pauses = new Pauses((name, ms, reason) => this.pause(name, ms, reason));
  /** Set when there is something to commit. */
  readonly dirty: Event = new Event();
  /** Set when `next` may have an answer. */
  private readonly changed = new Event();
  /** For each host with a redirect waiting for a place: set when there may be one. */
  private readonly places = new Map<Host, Event>();
  /** Leases that hold no place, and wait for what becomes of another. */
  private resting = 0;
  /** Called when no lease will end any more but those that rest. */
  onStall: () => void = () => {};
  private sums = { leased: 0, peak: 0, done: 0, failed: 0, skipped: 0 };
  private limits: { concurrency: number; perHost: number };
  private isPaused = false;
  private isClosed = false;

  /** @param saved what the crawl that the store has was, when it has one */
  constructor(
    options: FrontierOptions,
    store: Store = new MemoryStore(),
    saved: SavedFrontier = { done: 0, failed: 0, skipped: 0 },
  ) {
    this.options = { maxPages: Infinity, isSpent: () => false, ...options };
    const { concurrency, perHost } = this.options;
    this.limits = { concurrency, perHost };
    this.store = store;
    this.sums = { ...this.sums, ...saved };
    for (const { queue, newest } of store.take(Infinity)) this.schedule.restore(queue, newest);
    this.schedule.restoreCount(store.renew().queued);
  }

  get counts(): FrontierCounts {
    const { hosts, fresh, retries } = this.schedule;
    return { ...this.sums, pending: fresh + retries, hosts };
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Whether nothing is handed out for now. What is leased goes on. */
  get paused(): boolean {
    return this.isPaused;
  }

  set paused(paused: boolean) {
    this.isPaused = paused;
    this.changed.set();
  }

  /** URLs leased at once. A lower number takes effect as leases end. */
  get concurrency(): number {
    return this.limits.concurrency;
  }

  set concurrency(concurrency: number) {
    this.limits.concurrency = concurrency;
    this.changed.set();
  }

  /** URLs of one host leased at once. */
  get perHost(): number {
    return this.limits.perHost;
  }

  set perHost(perHost: number) {
    for (const host of this.schedule) {
      if (!host.isOpen) continue;
      host.limit = perHost;
      this.update(host);
    }
    this.limits.perHost = perHost;
  }

  /** What is known of each host, in the order in which they were found. */
  get hosts(): Iterable<Readonly<Host>> {
    return this.schedule;
  }

  /** Of those that are pending: how many wait for another attempt, how many are in the store. */
  get whereabouts(): { retrying: number; spilled: number } {
    const { retries, fresh, held } = this.schedule;
    return { retrying: retries, spilled: fresh - held };
  }

  /** URLs that have ended since the last commit. */
  get committing(): number {
    return this.changes.ended.length;
  }

  has(url: string): boolean {
    if (this.recent.has(url) || this.claimed.has(url)) return true;
    if (this.unknown.has(url)) return false;
    if (this.store.has(url)) return true;
    this.unknown.add(url);
    return false;
  }

  /** Queues a URL. @returns false when it is known already. */
  add(url: URL, depth: number, referrer: string | null): boolean {
    const { href } = url;
    if (this.has(href)) return false;
    this.learn(href);
    const queue = queueOf(url.host);
    const host = this.schedule.host(queue);
    // A queue that is empty now may have had entries, in this run or before.
    host.numbered ??= this.store.newest?.(queue) ?? -1;
    const entry = begin({ seq: host.numbered + 1, queue, url: href, depth, referrer, via: null });
    this.changes.added.push(entry);
    this.schedule.push(host, entry);
    this.dirty.set();
    this.changed.set();
    return true;
  }

  /** Takes note of a text that is no URL. @returns false when it was known already */
  know(text: string): boolean {
    if (this.has(text)) return false;
    this.learn(text);
    this.changes.known.push(text);
    this.dirty.set();
    return true;
  }

  /** Blocks while more waits to be committed than should be in memory. */
  settle(): void {
    while (this.isBehind && !this.isClosed) {
      this.changed.clear();
      this.changed.wait();
    }
  }

  /** What has happened since the last call; the keeper commits it. */
  takeChanges(): Omit<Changes, "states"> {
    const { changes } = this;
    this.changes = noChanges();
    this.dirty.clear();
    this.changed.set();
    return changes;
  }

  get saved(): SavedFrontier {
    const { done, failed, skipped } = this.sums;
    return { done, failed, skipped };
  }

  /** To be called after each commit: what is in the store now can be read from it. */
  committed(): void {
    this.recent.rotate();
    if (this.unknown.size > REMEMBERED) this.unknown.clear();
    for (const host of this.uncommitted) this.schedule.hungry.add(host);
    this.uncommitted.clear();
    this.changed.set();
  }

  /**
   * Blocks the greenlet until a URL may be fetched. Sleeps until the very moment or a change; never
   * polls.
   *
   * @returns null when the crawl is finished, or closed
   */
  next(): Lease | null {
    for (;;) {
      if (this.isClosed || this.isFinished()) return null;
      const now = performance.now();
      this.refill();
      const full = this.isPaused || this.active >= this.limits.concurrency || this.isBehind;
      const lease = full ? null : this.lease(now);
      if (lease !== null) return lease;
      if (this.isStalled()) this.onStall();
      this.changed.clear();
      this.changed.wait({ timeout: full ? null : until(this.schedule.nextAt, now) });
    }
  }

  /** `for (const lease of frontier)`: every URL, until the crawl is finished. */
  [Symbol.iterator](): Iterator<Lease, undefined> {
    return {
      next: () => {
        const lease = this.next();
        return lease === null ? { done: true, value: undefined } : { done: false, value: lease };
      },
    };
  }

  done(lease: Lease): void {
    this.sums.done++;
    this.changes.pages++;
    this.conclude(lease);
  }

  fail(lease: Lease): void {
    this.sums.failed++;
    this.changes.pages++;
    this.conclude(lease);
  }

  /**
   * The URL turned out not to be wanted, and no page was fetched: neither the delay nor the page
   * limit is charged.
   */
  skip(lease: Lease): void {
    this.sums.skipped++;
    if (lease.host !== null) lease.host.spacedUntil = 0;
    this.conclude(lease);
  }

  /** Another attempt, in `delay` ms or later. */
  retry(lease: Lease, delay: number): void {
    const host = this.schedule.host(lease.entry.queue);
    this.schedule.pushRetry(host, lease.entry, performance.now() + delay);
    this.end(lease);
  }

  /** The fetch did not count, through no fault of the page's: as if it had not been leased. */
  giveBack(lease: Lease, delay: number): void {
    lease.entry.attempts--;
    this.retry(lease, delay);
  }

  /**
   * Gives up the lease's place while `wait` blocks for what becomes of another lease. Counts as
   * none of those leased at once.
   */
  rest<T>(lease: Lease, wait: () => T): T {
    this.leave(lease);
    this.resting++;
    this.changed.set();
    try {
      return wait();
    } finally {
      this.resting--;
    }
  }

  /** Leases fewer URLs at once from now on: a quarter less than there are now. */
  slowDown(): void {
    this.concurrency = Math.max(1, Math.min(this.concurrency, (this.sums.leased * 3) >> 2));
  }

  /**
   * Takes the URL a lease redirects to. @returns false when it is known already, so somebody else
   * fetches or fetched it.
   */
  claim(lease: Lease, url: URL): boolean {
    const { entry } = lease;
    if (entry.hops?.has(url.href)) return true;
    if (this.has(url.href)) return false;
    this.claimed.add(url.href);
    (entry.hops ??= new Set()).add(url.href);
    return true;
  }

  /**
   * Gives up the lease's place at its host and blocks the greenlet until it has one at another: a
   * redirect is a request like any other to the host that gets it. No place is held while waiting
   * for another, so nobody waits in a circle.
   */
  moveTo(lease: Lease, name: string): void {
    const host = this.schedule.host(queueOf(name));
    host.arrivals++;
    try {
      this.leave(lease);
      for (let now = performance.now(); !host.hasPlace(now); now = performance.now()) {
        const place = this.place(host);
        place.clear();
        place.wait({ timeout: host.inFlight < host.limit ? until(host.readyAt, now) : null });
      }
      this.schedule.occupy(host, performance.now());
      lease.host = host;
    } finally {
      if (--host.arrivals === 0) this.places.delete(host);
      this.update(host);
    }
  }

  /**
   * Tells how fast a host may be asked, once that is known.
   * @param delay ms between the starts of two requests
   */
  open(name: string, delay: number): void {
    const host = this.schedule.host(queueOf(name));
    if (host.isOpen && host.delay === delay) return;
    host.isOpen = true;
    host.limit = this.perHost;
    host.delay = delay;
    host.spacedUntil = Math.max(host.spacedUntil, performance.now() + delay);
    this.update(host);
  }

  /**
   * The host is to be left alone.
   * @param delay for so many ms
   * @param reason why, in the user's words
   */
  pause(name: string, delay: number, reason: string): void {
    const host = this.schedule.host(queueOf(name));
    const until = performance.now() + delay;
    if (until <= host.pausedUntil) return;
    host.pausedUntil = until;
    host.pauseReason = reason;
    this.pauses.note(name, until, reason);
  }

  /**
   * Hands out nothing more. May be called from anywhere; what is leased may still end in any way.
   */
  close(): void {
    this.isClosed = true;
    this.changed.set();
  }

  private lease(now: number): Lease | null {
    const lease = this.schedule.take(now, this.hasBudget());
    if (lease === null) return null;
    lease.entry.attempts++;
    this.sums.leased++;
    this.sums.peak = Math.max(this.sums.peak, this.active);
    return lease;
  }

  /** Whether one more page may be begun. What waits for a retry has been begun before. */
  private hasBudget(): boolean {
    const { leased, done, failed } = this.sums;
    if (this.options.isSpent()) return false;
    return leased + this.schedule.retries + done + failed < this.options.maxPages;
  }

  private isFinished(): boolean {
    return this.sums.leased === 0 && this.hasNothingMore();
  }

  private isStalled(): boolean {
    return this.resting > 0 && this.active === 0 && this.hasNothingMore();
  }

  private hasNothingMore(): boolean {
    return this.schedule.retries === 0 && (this.schedule.fresh === 0 || !this.hasBudget());
  }

  /** Leases that do something. */
  private get active(): number {
    return this.sums.leased - this.resting;
  }

  /** Brings back from the store what will be wanted soon, of some hosts at a time. */
  private refill(): void {
    let hosts = 0;
    for (const host of this.schedule.hungry) {
      if (++hosts > REFILLED) return;
      const wanted = this.schedule.window - host.fresh.size;
      const from = { queue: host.key, after: host.loaded, count: wanted };
      const entries = this.store.read([from])[0]!;
      this.schedule.refill(host, entries.map(begin), entries.length < wanted);
      if (host.isSpilled && entries.length < wanted) this.uncommitted.add(host);
    }
  }

  private get isBehind(): boolean {
    return this.changes.added.length + this.changes.ended.length >= UNCOMMITTED;
  }

  /** The end of a URL. */
  private conclude(lease: Lease): void {
    const { entry } = lease;
    for (const url of entry.hops ?? []) {
      this.learn(url);
      this.claimed.delete(url);
      this.changes.known.push(url);
    }
    this.changes.ended.push(entry);
    this.dirty.set();
    this.end(lease);
  }

  private learn(url: string): void {
    this.recent.add(url);
    this.unknown.delete(url);
  }

  private end(lease: Lease): void {
    this.sums.leased--;
    this.leave(lease);
    this.changed.set();
  }

  private leave(lease: Lease): void {
    const host = lease.host;
    if (host === null) return;
    lease.host = null;
    this.schedule.release(host);
    this.update(host);
  }

  private update(host: Host): void {
    this.schedule.update(host);
    this.places.get(host)?.set();
    this.changed.set();
  }

  private place(host: Host): Event {
    let place = this.places.get(host);
    if (place === undefined) this.places.set(host, (place = new Event()));
    return place;
  }
}

interface Growing {
  added: FoundEntry[];
  moved: FoundEntry[];
  known: string[];
  ended: StoredEntry[];
  pages: number;
}

function noChanges(): Growing {
  return { added: [], moved: [], known: [], ended: [], pages: 0 };
}

/** A name that is longer cannot be looked up anyway. */
const LONGEST_HOST = 260;

function queueOf(host: string): string {
  return host.slice(0, LONGEST_HOST);
}

function begin(stored: StoredEntry): Entry {
  const { seq, queue, url, depth, referrer, via } = stored;
  const hops = via === null ? null : new Set(via);
  return { seq, queue, url, depth, referrer, via, attempts: 0, hops };
}

/** A timeout that ends at `at` and not before; null when there is nothing to wait for. */
function until(at: number, now: number): number | null {
  return at === Infinity ? null : Math.max(1, Math.ceil(at - now));
}
