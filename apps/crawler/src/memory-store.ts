import { LEASE, LeaseLost, type Membership } from "./store.js";
import type {
  Changes,
  FoundEntry,
  Released,
  Standing,
  Store,
  StoredEntry,
  TakenQueue,
  Wanted,
} from "./store.js";

interface Queue {
  readonly entries: Map<number, StoredEntry>;
  newest: number;
  worker: Worker | null;
  /** When it may be taken. */
  ready: number;
}

interface Worker {
  until: number;
  pages: number;
  reserved: number;
  wants: number;
}

/** What the workers of one process share. */
export class MemoryCrawl {
  readonly states: Map<string, unknown> = new Map();
  /** Each URL with the one on whose behalf it was claimed. */
  readonly known: Map<string, string> = new Map();
  readonly queues: Map<string, Queue> = new Map();
  readonly workers: Map<string, Worker> = new Map();
  queued = 0;
}

/** A store that ends with the process. What it does is what the others must do, in few words. */
export class MemoryStore implements Store {
  readonly isShared: boolean;
  private readonly crawl: MemoryCrawl;
  private readonly name: string;
  private readonly lease: number;
  private readonly mine: Worker;

  /** @param member as whom a crawl is shared; null: as the only one */
  constructor(crawl: MemoryCrawl = new MemoryCrawl(), member: Membership | null = null) {
    this.isShared = member !== null;
    this.crawl = crawl;
    this.name = member?.worker ?? "";
    this.lease = member?.lease ?? LEASE;
    const before = crawl.workers.get(this.name);
    if (before !== undefined) this.dismiss(before);
    const until = performance.now() + this.lease;
    this.mine = { until, pages: before?.pages ?? 0, reserved: 0, wants: 0 };
    crawl.workers.set(this.name, this.mine);
  }

  states(): ReadonlyMap<string, unknown> {
    return this.crawl.states;
  }

  has(url: string): boolean {
    return this.crawl.known.has(url);
  }

  claim(url: string, by: string): boolean {
    const { known } = this.crawl;
    if (!known.has(url)) known.set(url, by);
    return known.get(url) === by;
  }

  take(count: number): TakenQueue[] {
    this.prove();
    const now = performance.now();
    const taken: TakenQueue[] = [];
    for (const [name, queue] of this.crawl.queues) {
      if (taken.length === count) break;
      if (!isFree(queue) || (this.isShared && queue.ready > now)) continue;
      if (this.isShared) queue.worker = this.mine;
      taken.push({ queue: name, newest: queue.newest });
    }
    return taken;
  }

  read(wanted: readonly Wanted[]): StoredEntry[][] {
    return wanted.map(({ queue, after, count }) => {
      const found: StoredEntry[] = [];
      // Entries come and go in the order of `seq`: what is skipped here is in flight, so a few.
      for (const [seq, entry] of this.crawl.queues.get(queue)?.entries ?? []) {
        if (found.length === count) break;
        if (seq > after) found.push(entry);
      }
      return found;
    });
  }

  release(queues: readonly Released[]): void {
    for (const { queue: name, delay } of queues) {
      const queue = this.crawl.queues.get(name);
      if (queue?.worker !== this.mine) continue;
      queue.worker = null;
      queue.ready = performance.now() + delay;
    }
  }

  reserve(count: number, limit: number): number {
    let left = limit;
    for (const { pages, reserved } of this.crawl.workers.values()) left -= pages + reserved;
    const granted = Math.max(-this.mine.reserved, Math.min(count, Math.max(0, left)));
    this.mine.reserved += granted;
    return granted;
  }

  renew(wants = 0): Standing {
    this.prove();
    this.mine.wants = wants;
    const { queued, workers, queues } = this.crawl;
    const now = performance.now();
    this.mine.until = now + this.lease;
    for (const worker of workers.values()) if (worker.until <= now) this.dismiss(worker);
    let [pages, living, wanted, free, taken] = [0, 0, 0, 0, 0];
    for (const worker of workers.values()) {
      pages += worker.pages;
      if (worker.until <= now) continue;
      living++;
      if (worker !== this.mine) wanted += worker.wants;
    }
    for (const queue of queues.values()) {
      if (isFree(queue)) free++;
      else if (queue.worker !== null) taken++;
    }
    return { queued, pages, free, taken, workers: living, wanted };
  }

  commit({ added, moved, known, ended, pages, states }: Changes): void {
    this.prove();
    for (const entry of added) {
      if (this.has(entry.url)) continue;
      this.crawl.known.set(entry.url, "");
      this.push(entry);
    }
    for (const entry of moved) this.push(entry);
    for (const url of known) if (!this.has(url)) this.crawl.known.set(url, "");
    for (const { queue, seq } of ended) {
      if (this.crawl.queues.get(queue)?.entries.delete(seq)) this.crawl.queued--;
    }
    this.mine.pages += pages;
    this.mine.reserved = Math.max(0, this.mine.reserved - pages);
    for (const [name, value] of Object.entries(states)) this.crawl.states.set(name, value);
  }

  close(): void {
    if (this.crawl.workers.get(this.name) === this.mine) this.dismiss(this.mine);
  }

  private push(entry: FoundEntry): void {
    const { queues } = this.crawl;
    let queue = queues.get(entry.queue);
    if (queue === undefined) {
      queue = { entries: new Map(), newest: -1, worker: null, ready: 0 };
      queues.set(entry.queue, queue);
    }
    const seq = ++queue.newest;
    const { url, depth, referrer, via } = entry;
    queue.entries.set(seq, { seq, queue: entry.queue, url, depth, referrer, via });
    this.crawl.queued++;
  }

  private prove(): void {
    const isMine = this.crawl.workers.get(this.name) === this.mine;
    if (!isMine || this.mine.until === 0) throw new LeaseLost();
  }

  /** Gives back all that a worker has, which is dead or leaves. */
  private dismiss(worker: Worker): void {
    worker.until = 0;
    worker.reserved = 0;
    for (const queue of this.crawl.queues.values()) {
      if (queue.worker === worker) queue.worker = null;
    }
  }
}

function isFree(queue: Queue): boolean {
  return queue.worker === null && queue.entries.size > 0;
}
