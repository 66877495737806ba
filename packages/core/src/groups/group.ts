import { GreenletExit } from "../errors.js";
import { Greenlet } from "../hub/greenlet.js";
import { hub } from "../hub/hub.js";
import { imap, imapUnordered, type MapOptions } from "./imap.js";
import { joinEach } from "../calls/join.js";
import { checkKill, type KillOptions } from "../hub/kill-options.js";
import { Timeout } from "../hub/timeout.js";
import { deadline, timeLeft } from "../hub/timer.js";
import { checkFunction, checkIterable, checkWait, type WaitOptions } from "../wait-options.js";
import { blocker, giveWay } from "../hub/waiter.js";

/** Greenlets that can be joined or killed together. */
export class Group {
  protected readonly running: Set<Greenlet> = new Set();
  /** For the names of calls in errors and dumps. */
  protected readonly kind: string = "Group";

  /** How many run now. */
  get length(): number {
    return this.running.size;
  }

  /** Those that run now. */
  [Symbol.iterator](): IterableIterator<Greenlet> {
    return [...this.running].values();
  }

  /** Starts `fn(...args)` in a greenlet of the group. In a Pool it blocks while that is full. */
  spawn<A extends readonly unknown[], T>(
    fn: (...args: A) => T | Promise<T>,
    ...args: A
  ): Greenlet<T> {
    checkFunction("fn", fn, "spawn(fn, ...args)");
    this.enter(`${this.kind}.spawn`);
    return this.start(fn, args);
  }

  /**
   * Runs `fn(...args)` in a greenlet of the group, blocks until that has ended, and returns its
   * value.
   * @throws what `fn` throws.
   */
  apply<A extends readonly unknown[], T>(fn: (...args: A) => T | Promise<T>, ...args: A): T {
    const what = `${this.kind}.apply`;
    blocker(what);
    checkFunction("fn", fn, "apply(fn, ...args)");
    this.enter(what);
    return this.start(fn, args).get();
  }

  /**
   * Calls `fn` for each item, each in a greenlet of the group, and blocks until all have ended.
   * @returns the results, in the order of the items.
   * @param options for the whole call. When it ends early, the greenlets that have begun go on.
   * @throws the error of the first item, in order, that failed, once all have ended; a Timeout
   *   after `timeout` milliseconds; the signal's reason.
   */
  map<T, R>(fn: (item: T) => R | Promise<R>, items: Iterable<T>, options: WaitOptions = {}): R[] {
    const what = `${this.kind}.map`;
    blocker(what);
    checkFunction("fn", fn, "map(fn, items, options)");
    checkIterable("items", items, "an iterable", "map(fn, items, options)");
    checkWait(what, options);
    const { timeout, signal } = options;
    const end = deadline(timeout);
    const late = (): Timeout => Timeout.expired(timeout as number, what);
    const greenlets: Greenlet<R>[] = [];
    for (const item of items) {
      if (!this.enter(what, { timeout: timeLeft(end), signal })) throw late();
      const greenlet = this.start(fn, [item]);
      greenlet.observe();
      greenlets.push(greenlet);
    }
    const ended = joinEach(what, greenlets, { timeout: timeLeft(end), signal });
    if (ended.length < greenlets.length) throw late();
    return greenlets.map((greenlet) => greenlet.get());
  }

  /**
   * As `map`, but yields each result as soon as it and all earlier ones are there. See MapOptions.
   */
  imap<T, R>(
    fn: (item: T) => R | Promise<R>,
    items: Iterable<T>,
    options?: MapOptions,
  ): IterableIterator<R> {
    return imap(this, fn, items, options);
  }

  /** As `imap`, but yields results in the order in which they come. */
  imapUnordered<T, R>(
    fn: (item: T) => R | Promise<R>,
    items: Iterable<T>,
    options?: MapOptions,
  ): IterableIterator<R> {
    return imapUnordered(this, fn, items, options);
  }

  /**
   * Blocks until no greenlet of the group runs.
   * @returns false when `timeout` milliseconds passed first.
   */
  join(options: WaitOptions = {}): boolean {
    const what = `${this.kind}.join`;
    checkWait(what, options);
    const { signal } = options;
    const end = deadline(options.timeout);
    // Greenlets that run may spawn more.
    while (this.running.size > 0) {
      const all = [...this.running];
      const ended = joinEach(what, all, { timeout: timeLeft(end), signal });
      if (ended.length < all.length) return false;
    }
    return true;
  }

  /**
   * Kills all greenlets of the group, and blocks until none is left. It also kills those that are
   * spawned meanwhile, by clean-up or by a greenlet that waits for a place in a Pool. When the wait
   * ends early, or with `block: false`, all that ran by then have been killed. A greenlet of the
   * group that calls this is left out.
   * @param options as for `Greenlet.kill`; `grace` counts for each of them, `timeout` and `signal`
   *   for all.
   */
  kill(error: unknown = new GreenletExit(), options: KillOptions = {}): void {
    const what = `${this.kind}.kill`;
    checkKill(what, error, options, "kill");
    const { block = true, grace, timeout, signal } = options;
    const end = deadline(timeout);
    const killed = new Set<Greenlet>();
    for (;;) {
      const all = [...this.running].filter((greenlet) => greenlet !== hub.current);
      if (block && all.length > 0) blocker(what);
      for (const greenlet of all) {
        if (!killed.has(greenlet)) greenlet.kill(error, { block: false, grace });
        killed.add(greenlet);
      }
      const living = all.filter(({ dead }) => !dead);
      if (!block || (living.length === 0 && !this.starting)) return;
      if (living.length === 0) giveWay(what);
      const ended = joinEach(what, living, { timeout: timeLeft(end), signal });
      if (ended.length < living.length || timeLeft(end) === 0) return;
    }
  }

  /** Whether another greenlet has taken a place and not spawned yet: it will do so at once. */
  protected get starting(): boolean {
    return false;
  }

  /**
   * Takes a place, blocking until there is one.
   * @returns false when `timeout` milliseconds passed first.
   */
  protected enter(_what: string, _options?: WaitOptions): boolean {
    return true;
  }

  /** Gives the place back. */
  protected leave(): void {}

  private start<A extends readonly unknown[], T>(
    fn: (...args: A) => T | Promise<T>,
    args: A,
  ): Greenlet<T> {
    let greenlet: Greenlet<T>;
    try {
      greenlet = new Greenlet<T>(fn as unknown as (...args: never[]) => T, args);
    } catch (error) {
      this.leave();
      throw error;
    }
    this.running.add(greenlet as Greenlet);
    greenlet.onEnd = () => {
      this.running.delete(greenlet as Greenlet);
      this.leave();
    };
    return greenlet;
  }
}
