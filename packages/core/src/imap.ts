import { outOfRange } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import type { Group } from "./group.js";
import { Queue } from "./queue.js";
import { Semaphore } from "./semaphore.js";
import { spawn } from "./spawn.js";
import { Timeout } from "./timeout.js";
import { deadline, left } from "./timer.js";
import { blocker, checkWait, type WaitOptions } from "./waiter.js";

/** For `imap` and `imapUnordered`. `timeout` and `signal` are for each result; the Timeout ends the loop and the work. */
export interface MapOptions extends WaitOptions {
  /**
   * How many items may be begun whose results nobody has taken yet: a slow consumer slows the work down.
   * Default: Infinity, as gevent's maxsize.
   */
  readonly maxSize?: number;
}

/** Results in the order of the items. */
export function* imap<T, R>(
  group: Group,
  fn: (item: T) => R,
  items: Iterable<T>,
  options?: MapOptions,
): IterableIterator<R> {
  const work = new Work("imap", group, fn, items, options);
  const begun = new Queue<Greenlet<R> | null>();
  work.start((greenlet) => begun.put(greenlet));
  yield* work.results(begun);
}

/** Results in the order in which they come. */
export function* imapUnordered<T, R>(
  group: Group,
  fn: (item: T) => R,
  items: Iterable<T>,
  options?: MapOptions,
): IterableIterator<R> {
  const work = new Work("imapUnordered", group, fn, items, options);
  const ended = new Queue<Greenlet<R> | null>();
  let open = 1; // and one for the feeder
  const one = (greenlet: Greenlet<R> | null): void => {
    if (greenlet !== null) ended.put(greenlet);
    if (--open === 0) ended.put(null);
  };
  work.start((greenlet) => {
    if (greenlet === null) return one(null);
    open++;
    greenlet.link(one);
  });
  yield* work.results(ended);
}

/** A feeder takes items and begins the work on them; the consumer takes results. */
class Work<T, R> {
  private readonly tokens: Semaphore;
  private readonly unfinished = new Set<Greenlet<R>>();
  private feeder: Greenlet | null = null;
  private over = false;
  private readonly what: string;
  private readonly options: WaitOptions;
  private readonly group: Group;
  private readonly fn: (item: T) => R;
  private readonly items: Iterable<T>;

  constructor(
    what: string,
    group: Group,
    fn: (item: T) => R,
    items: Iterable<T>,
    { maxSize = Infinity, ...options }: MapOptions = {},
  ) {
    blocker(what);
    checkWait(options);
    if (!(maxSize >= 1)) throw outOfRange("maxSize", "a number, 1 or more", maxSize);
    this.tokens = new Semaphore(maxSize);
    this.what = what;
    this.options = options;
    this.group = group;
    this.fn = fn;
    this.items = items;
  }

  /** @param begun gets each greenlet, then null. */
  start(begun: (greenlet: Greenlet<R> | null) => void): void {
    this.feeder = spawn(() => {
      try {
        for (const item of this.items) {
          this.tokens.acquire();
          const greenlet = this.group.spawn(this.fn, item);
          greenlet.observe();
          // The consumer has left while this one got its place.
          if (this.over) return greenlet.kill(undefined, { block: false });
          this.unfinished.add(greenlet);
          begun(greenlet);
        }
      } finally {
        begun(null);
      }
    }) as Greenlet;
    this.feeder.observe();
  }

  /** Whoever leaves early, by an error or a `break`, ends the feeder and what it has begun. */
  *results(queue: Queue<Greenlet<R> | null>): Generator<R, void> {
    const { timeout, signal } = this.options;
    try {
      for (;;) {
        const end = deadline(timeout);
        const greenlet = queue.take(this.what, { timeout, signal });
        if (greenlet === null) break;
        if (!greenlet.joinFor(this.what, { timeout: left(end), signal })) {
          throw Timeout.expired(timeout as number, this.what);
        }
        const result = greenlet.get();
        this.unfinished.delete(greenlet);
        this.tokens.release();
        yield result;
      }
      this.feeder?.get(); // the items' own error, if that is what ended it
    } finally {
      this.over = true;
      this.feeder?.kill(undefined, { block: false });
      for (const greenlet of this.unfinished) greenlet.kill(undefined, { block: false });
    }
  }
}
