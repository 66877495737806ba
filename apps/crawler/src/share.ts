import { hostOf, type Parts } from "./parts.js";
import { beginEntry, type Schedule } from "./schedule.js";
import type { Released, Standing, Store } from "./store.js";

/** What this worker is about. */
export interface Doings {
  /** Pages that it could begin at once. */
  readonly wants: number;
  /** Pages that it has begun, in this run and those before. */
  readonly begun: number;
  /** Nothing is in flight, waits for another attempt, or for being committed. */
  readonly isIdle: boolean;
  /** Queues of which entries have ended that are not committed: others would fetch them again. */
  readonly unsettled: () => ReadonlySet<string>;
}

/** Queues that a worker has at most. */
const MOST_TAKEN = 10_000;
/** Entries read at once: the next time is soon. */
const MOST_READ = 4_000;

/**
 * A worker's share of a crawl that others work on too: which queues it has, and how many pages it
 * may begin. Takes queues while there is too little to do, gives those back in which nothing waits,
 * and some of the others when another worker has too little.
 */
export class Share {
  /** The whole crawl, when it was last looked at. */
  standing: Standing = { queued: 0, pages: 0, free: 0, taken: 0, workers: 1, wanted: 0 };
  /** Nothing is left to do, for all workers. */
  isOver = false;
  /** Called with the hosts of queues that were taken, before anything of them is handed out. */
  onTaken: (hosts: readonly string[]) => void = () => {};
  private readonly store: Store;
  private readonly schedule: Schedule;
  private readonly parts: Parts;
  private readonly maxPages: number;
  /** Pages that may be begun: those of earlier runs, and what was reserved since. */
  private allowed: number;

  /**
   * @param about the page limit of the whole crawl, and pages that this worker had in earlier runs
   */
  constructor(
    store: Store,
    schedule: Schedule,
    about: { readonly parts: Parts; readonly maxPages: number; readonly begun: number },
  ) {
    this.store = store;
    this.schedule = schedule;
    this.parts = about.parts;
    this.maxPages = about.maxPages;
    this.allowed = about.begun;
  }

  /** Pages that this worker may begin, those of earlier runs included. */
  get pages(): number {
    return this.maxPages === Infinity ? Infinity : this.allowed;
  }

  /**
   * Looks at the store: after each commit, and now and then. Blocks.
   *
   * @param doings asked again when it may have changed
   */
  refresh(doings: () => Doings): void {
    const { wants, begun } = doings();
    this.standing = this.store.renew(wants);
    // Without a page that may be begun, more than one thing to do is no use.
    if (wants > 0 && (begun < this.pages || this.schedule.fresh === 0)) this.take(wants);
    this.read();
    this.reserve(doings());
    this.giveBack(doings().unsettled());
    const { queued, pages } = this.standing;
    this.isOver = (queued === 0 || pages >= this.maxPages) && doings().isIdle;
  }

  private reserve({ wants, begun, isIdle }: Doings): void {
    if (this.maxPages === Infinity) return;
    const left = this.allowed - begun;
    const { pages, workers } = this.standing;
    if (isIdle && this.schedule.fresh === 0) {
      if (left > 0) this.allowed += this.store.reserve(-left, this.maxPages);
    } else if (left === 0) {
      // A portion, so that the others have something to do as well.
      const portion = Math.ceil((this.maxPages - pages) / (2 * workers));
      const count = Math.min(portion, Math.max(1, wants));
      if (count > 0) this.allowed += this.store.reserve(count, this.maxPages);
    }
  }

  private take(wants: number): void {
    const { wanted, free, taken, workers } = this.standing;
    const fair = Math.max(1, Math.ceil((free + taken) / workers));
    const most = Math.min(MOST_TAKEN, wanted > 0 ? fair : Infinity) - this.schedule.hosts;
    const count = Math.min(wants, most);
    const queues = count > 0 && free > 0 ? this.store.take(count) : [];
    if (queues.length === 0) return;
    this.onTaken(queues.map(({ queue }) => hostOf(queue)));
    for (const { queue } of queues) this.restore(queue);
  }

  /** Others add to it: it is read until there is no more. */
  private restore(queue: string): void {
    const siblings = this.parts.queuesOf(hostOf(queue)).map((it) => this.schedule.find(it));
    const host = this.schedule.restore(queue, Infinity);
    for (const sibling of siblings) if (sibling?.isOpen === true) host.follow(sibling);
  }

  private read(): void {
    const { schedule } = this;
    for (const host of schedule) if (host.fresh.size === 0) schedule.hungry.add(host);
    const hosts = [...schedule.hungry].slice(0, MOST_READ / 10);
    if (hosts.length === 0) return;
    const most = Math.ceil(MOST_READ / hosts.length);
    const wanted = hosts.map(({ key, fresh, loaded }) => ({
      queue: key,
      after: loaded,
      count: Math.max(1, Math.min(most, schedule.window - fresh.size)),
    }));
    const lists = this.store.read(wanted);
    for (const [i, host] of hosts.entries()) {
      const entries = lists[i]!;
      host.newest = Infinity;
      schedule.counted(entries.length);
      schedule.refill(host, entries.map(beginEntry), entries.length < wanted[i]!.count);
    }
  }

  /** Gives back queues in which nothing waits, and what others have too little of. */
  private giveBack(unsettled: ReadonlySet<string>): void {
    const { schedule } = this;
    const { wanted, free, taken, workers } = this.standing;
    let surplus = Math.min(wanted - free, schedule.hosts - Math.ceil((free + taken) / workers));
    const now = performance.now();
    const released: Released[] = [];
    for (const host of schedule) {
      if (host.isLeaving) surplus--;
      else if (surplus > 0 && host.retrying + host.resting === 0 && host.fresh.size > 0) {
        surplus--;
        host.isLeaving = true;
        schedule.update(host);
      }
      const isDrained = host.fresh.size === 0 && !host.isSpilled;
      if (host.isBusy || unsettled.has(host.key) || !(isDrained || host.isLeaving)) continue;
      schedule.drop(host);
      released.push({ queue: host.key, delay: Math.max(0, host.readyAt - now) });
    }
    this.openFirsts();
    if (released.length > 0) this.store.release(released);
  }

  /** Of a host whose robots.txt is not known yet, one part goes first. */
  private openFirsts(): void {
    const seen = new Set<string>();
    for (const host of this.schedule) {
      if (host.isOpen || host.isLeaving) continue;
      const name = hostOf(host.key);
      const limit = seen.has(name) ? 0 : 1;
      seen.add(name);
      if (host.limit === limit) continue;
      host.limit = limit;
      this.schedule.update(host);
    }
  }
}
