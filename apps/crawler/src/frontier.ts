import { randomUUID } from "node:crypto";
import { Event } from "greenlit";
import { MemoryStore } from "./memory-store.js";
import type { Redirect } from "./output.js";
import { hostOf, Parts } from "./parts.js";
import { Pauses } from "./pauses.js";
import { RecentSet } from "./recent-set.js";
import { beginEntry, type Entry, type Host, Schedule } from "./schedule.js";
import { type Doings, Share } from "./share.js";
import type { Changes, FoundEntry, Store, StoredEntry } from "./store.js";

export interface FrontierOptions {
  /** URLs leased at once. */
  readonly concurrency: number;
  /** URLs of one host leased at once. */
  readonly perHost: number;
  /** URLs fetched at most, however they end; retries and skipped URLs do not count. */
  readonly maxPages?: number;
  /** Into how many parts each host's queue is divided. */
  readonly parts?: number;
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

/** Where a fetch begins: at the URL, or where another worker got to with it. */
export function startOf({ url, via }: Entry): string {
  return via?.at(-1)?.to ?? url;
}

/** A redirect leads to a host that another worker has: that one goes on with it. */
export class HandOver extends Error {
  override readonly name = "HandOver";
  readonly target: URL;

  constructor(target: URL) {
    super(`another worker has ${target.host}`);
    this.target = target;
  }
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

export function addFrontiers(one: SavedFrontier, other: SavedFrontier): SavedFrontier {
  return {
    done: one.done + other.done,
    failed: one.failed + other.failed,
    skipped: one.skipped + other.skipped,
  };
}

/** So many changes wait for a commit at most: then no further URL is leased before one. */
const UNCOMMITTED = 50_000;

/** Ms after which a worker looks at a shared store again. */
const PATIENCE = 200;

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
  /** Tells what this worker claims for itself from what others do. */
  private readonly token = randomUUID();
  private readonly options: Required<FrontierOptions>;
  private readonly schedule = new Schedule();
  private readonly store: Store;
  private readonly parts: Parts;
  /** What this worker has of a crawl that others work on too; null when it has all of it. */
  private readonly share: Share | null;
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
  /** Hosts of a shared crawl that this worker has asked. */
  readonly visited: Set<string> = new Set();
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
    this.options = { maxPages: Infinity, parts: 1, isSpent: () => false, ...options };
    const { concurrency, perHost, maxPages } = this.options;
    this.limits = { concurrency, perHost };
    this.store = store;
    this.sums = { ...this.sums, ...saved };
    this.parts = new Parts(this.options.parts);
    const begun = saved.done + saved.failed;
    const about = { parts: this.parts, maxPages, begun };
    this.share = store.isShared ? new Share(store, this.schedule, about) : null;
    const { queued } = store.renew();
    if (this.share !== null) return;
    for (const { queue, newest } of store.take(Infinity)) this.schedule.restore(queue, newest);
    this.schedule.counted(queued);
  }

  /** Of a crawl that is shared, `pending` is what all workers together have. */
  get counts(): FrontierCounts {
    const { hosts, fresh, retries } = this.schedule;
    const { share, sums } = this;
    if (share === null) return { ...sums, pending: fresh + retries, hosts };
    const pending = Math.max(0, share.standing.queued - sums.leased);
    return { ...sums, pending, hosts: this.visited.size };
  }

  get closed(): boolean {
    return this.isClosed;
  }

  /** Called with hosts that this worker has taken of a shared crawl, before it begins with them. */
  set onTaken(listener: (hosts: readonly string[]) => void) {
    if (this.share !== null) this.share.onTaken = listener;
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
      host.limit = this.parts.limit(perHost);
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
    const found = { queue: this.parts.queueOf(url), url: href, depth, referrer, via: null };
    if (this.share === null) {
      const host = this.schedule.host(found.queue);
      // A queue that is empty now may have had entries, in this run or before.
      host.numbered ??= this.store.newest?.(found.queue) ?? -1;
      const entry = beginEntry({ ...found, seq: host.numbered + 1 });
      this.changes.added.push(entry);
      this.schedule.push(host, entry);
    } else this.changes.added.push(found); // whoever has its queue gets it, once it is committed
    this.dirty.set();
    this.changed.set();
    return true;
  }

  /** Takes note of a text that is no URL. @returns false when it was known already */
  know(text: string): boolean {
    if (this.has(text)) return false;
    this.learn(text);
    if (this.share !== null && !this.store.claim(text, this.token)) return false;
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

  /** Whether there is something to commit. */
  get hasChanges(): boolean {
    const { added, known, ended } = this.changes;
    return added.length + known.length + ended.length > 0;
  }

  /** Ms after which the keeper should call `committed`, even if nothing was to be committed. */
  get patience(): number | null {
    return this.share === null ? null : PATIENCE;
  }

  /**
   * To be called after each commit: what is in the store now can be read from it. Blocks when the
   * crawl is shared.
   */
  committed(): void {
    this.recent.rotate();
    this.refresh();
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
      if (this.share === null) this.refill();
      else if (this.schedule.hungry.size > 0) this.dirty.set();
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
    const host = this.schedule.host(lease.entry.queue);
    host.isLeaving = false; // it would have to wait as long
    host.resting++;
    this.resting++;
    this.leave(lease);
    this.update(host);
    try {
      return wait();
    } finally {
      host.resting--;
      this.resting--;
    }
  }

  /** Leases fewer URLs at once from now on: a quarter less than there are now. */
  slowDown(): void {
    this.concurrency = Math.max(1, Math.min(this.concurrency, (this.sums.leased * 3) >> 2));
  }

  /**
   * Takes the URL a lease redirects to. @returns false when it is known already, so somebody else
   * fetches or fetched it. Blocks when the crawl is shared.
   */
  claim(lease: Lease, url: URL): boolean {
    const { entry } = lease;
    if (entry.hops?.has(url.href)) return true;
    if (this.has(url.href)) return false;
    this.claimed.add(url.href);
    if (this.share !== null && !this.store.claim(url.href, entry.url)) {
      this.claimed.delete(url.href);
      this.learn(url.href);
      return false;
    }
    (entry.hops ??= new Set()).add(url.href);
    return true;
  }

  /**
   * Gives up the lease's place at its host and blocks the greenlet until it has one at another: a
   * redirect is a request like any other to the host that gets it. No place is held while waiting
   * for another, so nobody waits in a circle.
   *
   * @throws HandOver when another worker has that host
   */
  moveTo(lease: Lease, url: URL): void {
    const isHere = lease.host !== null && hostOf(lease.host.key) === url.host;
    const queue = isHere ? lease.host!.key : this.parts.queueOf(url);
    const known = this.schedule.find(queue);
    if (known === undefined && this.share !== null) throw new HandOver(url);
    const host = known ?? this.schedule.host(queue);
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

  /** The lease goes on at the host that its URL redirects to, with whoever has that one. */
  handOver(lease: Lease, target: URL): void {
    const { url, depth, referrer } = lease.entry;
    const queue = this.parts.queueOf(target);
    this.changes.moved.push({ queue, url, depth, referrer, via: lease.redirects ?? null });
    this.conclude(lease);
  }

  /**
   * Tells how fast a host may be asked, once that is known.
   * @param delay ms between the starts of two requests
   */
  open(name: string, delay: number): void {
    const [limit, own] = [this.parts.limit(this.perHost), this.parts.delay(delay)];
    if (this.share !== null) this.visited.add(name);
    for (const host of this.partsOf(name)) {
      if (host.isOpen && host.delay === own) continue;
      host.isOpen = true;
      host.limit = limit;
      host.delay = own;
      host.spacedUntil = Math.max(host.spacedUntil, performance.now() + own);
      this.update(host);
    }
  }

  /**
   * The host is to be left alone.
   * @param delay for so many ms
   * @param reason why, in the user's words
   */
  pause(name: string, delay: number, reason: string): void {
    const until = performance.now() + delay;
    for (const host of this.partsOf(name)) {
      if (until <= host.pausedUntil) continue;
      host.pausedUntil = until;
      host.pauseReason = reason;
    }
    this.pauses.note(name, until, reason);
  }

  /**
   * Hands out nothing more. May be called from anywhere; what is leased may still end in any way.
   */
  close(): void {
    this.isClosed = true;
    this.changed.set();
  }

  /** The queues of a host that this worker has. */
  private partsOf(name: string): Host[] {
    const queues = this.parts.queuesOf(name);
    if (this.share === null) return queues.map((queue) => this.schedule.host(queue));
    return queues.flatMap((queue) => this.schedule.find(queue) ?? []);
  }

  private refresh(): void {
    if (this.share === null) return;
    if (!this.hasChanges) this.dirty.clear(); // it was set to have the store looked at
    if (!this.isClosed) this.share.refresh(() => this.doings());
  }

  private doings(): Doings {
    const { leased, done, failed } = this.sums;
    const { retries, nextAt } = this.schedule;
    const isHungry = !this.isPaused && nextAt > performance.now();
    return {
      wants: isHungry ? Math.max(0, this.limits.concurrency - this.active) : 0,
      begun: leased + retries + done + failed,
      isIdle: leased + retries === 0 && !this.hasChanges,
      unsettled: () => new Set(this.changes.ended.map(({ queue }) => queue)),
    };
  }

  private lease(now: number): Lease | null {
    const taken = this.schedule.take(now, this.hasBudget());
    if (taken === null) return null;
    taken.host.leased++;
    const { via } = taken.entry;
    const lease = via === null ? taken : { ...taken, redirects: [...via] };
    lease.entry.attempts++;
    this.sums.leased++;
    this.sums.peak = Math.max(this.sums.peak, this.active);
    return lease;
  }

  /** Whether one more page may be begun. What waits for a retry has been begun before. */
  private hasBudget(): boolean {
    const { leased, done, failed } = this.sums;
    if (this.options.isSpent()) return false;
    const most = this.share?.pages ?? this.options.maxPages;
    return leased + this.schedule.retries + done + failed < most;
  }

  private isFinished(): boolean {
    const { retries } = this.schedule;
    const isOver = this.share?.isOver === true || this.options.isSpent();
    if (this.share !== null) return this.sums.leased + retries === 0 && isOver;
    return this.sums.leased === 0 && this.hasNothingMore();
  }

  private isStalled(): boolean {
    const isQuiet = this.resting > 0 && this.active === 0;
    if (this.share !== null) return isQuiet && this.schedule.nextAt === Infinity;
    return isQuiet && this.hasNothingMore();
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
      this.schedule.refill(host, entries.map(beginEntry), entries.length < wanted);
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
    this.schedule.host(lease.entry.queue).leased--;
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

/** A timeout that ends at `at` and not before; null when there is nothing to wait for. */
function until(at: number, now: number): number | null {
  return at === Infinity ? null : Math.max(1, Math.ceil(at - now));
}
