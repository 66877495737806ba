import { GreenletExit } from "./errors.js";
import type { Greenlet, KillOptions } from "./greenlet.js";
import { imap, imapUnordered, type MapOptions } from "./imap.js";
import { joinAll, killAll } from "./join.js";
import { spawn } from "./spawn.js";
import { checkTimeout, deadline, left } from "./timer.js";
import type { WaitOptions } from "./waiter.js";

/** Greenlets that are waited for, or killed, together. */
export class Group {
  protected readonly running: Set<Greenlet> = new Set();

  /** How many run now. */
  get length(): number {
    return this.running.size;
  }

  /** Those that run now. */
  [Symbol.iterator](): IterableIterator<Greenlet> {
    return [...this.running].values();
  }

  /** Starts `fn(...args)` in a greenlet of the group. */
  spawn<A extends readonly unknown[], T>(fn: (...args: A) => T, ...args: A): Greenlet<T> {
    const greenlet = spawn(fn, ...args);
    this.running.add(greenlet as Greenlet);
    greenlet.onEnd = () => this.ended(greenlet as Greenlet);
    return greenlet;
  }

  /** Runs `fn(...args)` in a greenlet of the group and waits for it. @throws what it throws. */
  apply<A extends readonly unknown[], T>(fn: (...args: A) => T, ...args: A): T {
    return this.spawn(fn, ...args).get();
  }

  /**
   * `fn` of each item, in the order of the items.
   * @throws the error of the first item, in order, that failed; the others are finished first.
   */
  map<T, R>(fn: (item: T) => R, items: Iterable<T>): R[] {
    const greenlets = Array.from(items, (item) => {
      const greenlet = this.spawn(fn, item);
      greenlet.observe();
      return greenlet;
    });
    joinAll(greenlets);
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
  join({ timeout, signal }: WaitOptions = {}): boolean {
    checkTimeout("timeout", timeout);
    const end = deadline(timeout);
    // Those who run may spawn more.
    while (this.running.size > 0) {
      const all = [...this.running];
      if (joinAll(all, { timeout: left(end), signal }).length < all.length) return false;
    }
    return true;
  }

  /** Kills all that run. */
  kill(error: unknown = new GreenletExit(), options?: KillOptions): void {
    killAll(this.running, error, options);
  }

  protected ended(greenlet: Greenlet): void {
    this.running.delete(greenlet);
  }
}
