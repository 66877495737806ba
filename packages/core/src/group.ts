import { GreenletExit } from "./errors.js";
import type { Greenlet, KillOptions } from "./greenlet.js";
import { imap, imapUnordered, type MapOptions } from "./imap.js";
import { joinEach, killEach } from "./join.js";
import { spawn } from "./spawn.js";
import { Timeout } from "./timeout.js";
import { deadline, left } from "./timer.js";
import { blocker, checkWait, type WaitOptions } from "./waiter.js";

/** Greenlets that are waited for, or killed, together. */
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
  spawn<A extends readonly unknown[], T>(fn: (...args: A) => T, ...args: A): Greenlet<T> {
    this.enter(`${this.kind}.spawn`);
    return this.start(fn, args);
  }

  /** Runs `fn(...args)` in a greenlet of the group and waits for it. @throws what it throws. */
  apply<A extends readonly unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    const what = `${this.kind}.apply`;
    blocker(what);
    this.enter(what);
    return this.start(fn, args).get();
  }

  /**
   * `fn` of each item, in the order of the items.
   * @param options of the whole call. What has begun goes on when it ends early.
   * @throws the error of the first item, in order, that failed; the others are finished first. Timeout.
   */
  map<T, R>(fn: (item: T) => R, items: Iterable<T>, options: WaitOptions = {}): R[] {
    const what = `${this.kind}.map`;
    blocker(what);
    checkWait(options);
    const { timeout, signal } = options;
    const end = deadline(timeout);
    const late = (): Timeout => Timeout.expired(timeout as number, what);
    const greenlets = Array.from(items, (item) => {
      if (!this.enter(what, { timeout: left(end), signal })) throw late();
      const greenlet = this.start(fn, [item]);
      greenlet.observe();
      return greenlet;
    });
    const ended = joinEach(what, greenlets, { timeout: left(end), signal });
    if (ended.length < greenlets.length) throw late();
    return greenlets.map((greenlet) => greenlet.get());
  }

  /** As `map`, but gives each result as soon as it and those before it are there. See imap.ts. */
  imap<T, R>(fn: (item: T) => R, items: Iterable<T>, options?: MapOptions): IterableIterator<R> {
    return imap(this, fn, items, options);
  }

  /** As `imap`, in the order in which the results come. */
  imapUnordered<T, R>(
    fn: (item: T) => R,
    items: Iterable<T>,
    options?: MapOptions,
  ): IterableIterator<R> {
    return imapUnordered(this, fn, items, options);
  }

  /** Waits until nothing runs. @returns false when `timeout` milliseconds passed first. */
  join(options: WaitOptions = {}): boolean {
    checkWait(options);
    const { signal } = options;
    const end = deadline(options.timeout);
    // Those who run may spawn more.
    while (this.running.size > 0) {
      const all = [...this.running];
      const ended = joinEach(`${this.kind}.join`, all, { timeout: left(end), signal });
      if (ended.length < all.length) return false;
    }
    return true;
  }

  /** Kills all that run. */
  kill(error: unknown = new GreenletExit(), options: KillOptions = {}): void {
    killEach(`${this.kind}.kill`, this.running, error, options);
  }

  /** Takes a place, blocking until there is one. @returns false when `timeout` milliseconds passed first. */
  protected enter(_what: string, _options?: WaitOptions): boolean {
    return true;
  }

  /** Gives the place back. */
  protected leave(): void {}

  private start<A extends readonly unknown[], T>(fn: (...args: A) => T, args: A): Greenlet<T> {
    let greenlet: Greenlet<T>;
    try {
      greenlet = spawn(fn, ...args);
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
