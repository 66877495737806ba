import type { Greenlet } from "../hub/greenlet.js";
import { Queue } from "../queues/queue.js";
import { Semaphore } from "../sync/semaphore.js";
import { spawn } from "../calls/spawn.js";
import { Timeout } from "../hub/timeout.js";
import { deadline, timeLeft } from "../hub/timer.js";
import {
  checkCount,
  checkFunction,
  checkIterable,
  checkWait,
  WAIT,
  type WaitOptions,
} from "../wait-options.js";
import { blocker } from "../hub/waiter.js";

/** The group that the calls are to be part of. */
interface Spawner {
  spawn<A extends readonly unknown[], T>(
    fn: (...args: A) => T | Promise<T>,
    ...args: A
  ): Greenlet<T>;
}

/**
 * For `imap` and `imapUnordered`. `timeout` and `signal` count for each result anew. A Timeout ends
 * the loop and kills the work.
 */
export interface MapOptions extends WaitOptions {
  /**
   * How many items may be begun ahead of the results that were taken, so that a slow consumer slows
   * the work down. Default: Infinity. Like gevent's maxsize.
   */
  readonly maxSize?: number;
}

/** Results in the order of the items. */
export function* imap<T, R>(
  group: Spawner,
  fn: (item: T) => R | Promise<R>,
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
  group: Spawner,
  fn: (item: T) => R | Promise<R>,
  items: Iterable<T>,
  options?: MapOptions,
): IterableIterator<R> {
  const work = new Work("imapUnordered", group, fn, items, options);
  const ended = new Queue<Greenlet<R> | null>();
  let open = 1; // greenlets that have not ended, and one for the feeder
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

const OPTIONS = [...WAIT, "maxSize"];

/** A feeder takes items and begins the work on them; the consumer takes results. */
class Work<T, R> {
  private readonly tokens: Semaphore;
  private readonly unfinished = new Set<Greenlet<R>>();
  private feeder: Greenlet | null = null;
  private over = false;
  private readonly what: string;
  private readonly options: WaitOptions;
  private readonly group: Spawner;
  private readonly fn: (item: T) => R | Promise<R>;
  private readonly items: Iterable<T>;

  constructor(
    what: string,
    group: Spawner,
    fn: (item: T) => R | Promise<R>,
    items: Iterable<T>,
    options: MapOptions = {},
  ) {
    blocker(what);
    checkFunction("fn", fn, `${what}(fn, items, options)`);
    checkIterable("items", items, "an iterable", `${what}(fn, items, options)`);
    checkWait(what, options, OPTIONS);
    const { maxSize = Infinity, timeout, signal } = options;
    checkCount("maxSize", maxSize, 1);
    this.tokens = new Semaphore(maxSize);
    this.what = what;
    this.options = { timeout, signal };
    this.group = group;
    this.fn = fn;
    this.items = items;
  }

  /**
   * Starts the feeder.
   * @param begun called with each greenlet that has begun, and with null at the end.
   */
  start(begun: (greenlet: Greenlet<R> | null) => void): void {
    this.feeder = spawn(() => {
      try {
        for (const item of this.items) {
          this.tokens.acquire();
          const greenlet = this.group.spawn(this.fn, item);
          greenlet.observe();
          // The consumer has left while the feeder waited for a place.
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

  /**
   * Yields the results. A consumer that leaves early, by an error or a `break`, kills the feeder
   * and what it has begun.
   */
  *results(queue: Queue<Greenlet<R> | null>): Generator<R, void> {
    const { timeout, signal } = this.options;
    try {
      for (;;) {
        const end = deadline(timeout);
        const greenlet = queue.getAs(this.what, { timeout, signal });
        if (greenlet === null) break;
        if (!greenlet.joinFor(this.what, { timeout: timeLeft(end), signal })) {
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
