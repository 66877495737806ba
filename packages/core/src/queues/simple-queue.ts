import { QueueShutDown } from "../errors.js";
import { Fifo } from "../collections/fifo.js";
import { Linkable } from "../hub/links.js";
import type { Source } from "../hub/source.js";
import { type Entry, WaitList } from "../hub/wait-list.js";
import { checkCount, checkOptions, checkWait, type WaitOptions } from "../wait-options.js";
import { ENDED, Steps } from "../collections/steps.js";
import { PutBranch, Putter, type Putting } from "./putter.js";
import { stayFair, Waiter } from "../hub/waiter.js";

/** Holds the items, and decides in which order they come out. */
export interface Store<T> {
  readonly length: number;
  push(item: T): void;
  /** Takes the next item. Only called when there is one. */
  shift(): T | undefined;
}

/**
 * Hands items from greenlet to greenlet, first in first out, and first come first served on both
 * sides. An item goes straight to the getter that has waited longest. A getter or putter that is
 * killed or times out has taken or put nothing, so no item is ever lost.
 */
export class SimpleQueue<T = unknown> extends Linkable implements Source<T, T> {
  /** For the compiler: what `select` takes from it. */
  declare readonly "~gives": () => T;
  /** How many items it holds at most. */
  readonly maxSize: number;
  private readonly items: Store<T> = this.makeStore();
  private readonly getters = new WaitList<T>();
  private readonly putters = new WaitList();
  private closed = false;

  /** @throws RangeError unless maxSize is a whole number from 1 on, or Infinity. */
  constructor(maxSize: number = Infinity) {
    super();
    checkCount("maxSize", maxSize, 1);
    this.maxSize = maxSize;
  }

  get size(): number {
    return this.items.length;
  }

  get empty(): boolean {
    return this.items.length === 0;
  }

  get full(): boolean {
    return this.items.length >= this.maxSize;
  }

  /** True when `get` would not block. */
  get ready(): boolean {
    return this.items.length > 0 || this.closed;
  }

  /**
   * Puts an item in, blocking while the queue is full.
   * @throws QueueShutDown; Timeout after `timeout` milliseconds. The item has not been put then.
   */
  put(item: T, options?: WaitOptions): void {
    checkWait("Queue.put", options);
    if (this.maxSize !== Infinity && !this.full) stayFair("Queue.put");
    if (this.closed) throw new QueueShutDown();
    if (this.full) this.putters.add(new Putter("Queue.put", item)).wait(options);
    else this.add(item);
  }

  /**
   * Takes the next item, blocking while there is none.
   * @throws QueueShutDown when it is shut down and empty; Timeout after `timeout` milliseconds.
   */
  get(options?: WaitOptions): T {
    return this.getAs("Queue.get", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  getAs(what: string, options: WaitOptions | undefined): T {
    checkWait(what, options);
    if (this.ready) stayFair(what);
    const taken = this.poll();
    if (taken !== null) return taken.value;
    return this.getters.add(new Waiter<T>(what)).wait(options);
  }

  /** A source for `select`: puts the item, and fires when it has been put. */
  putting(item: T): Source<void> {
    return {
      poll: () => {
        if (this.closed) throw new QueueShutDown();
        if (this.full) return null;
        this.add(item);
        return { value: undefined };
      },
      enlist: (entry) => {
        const branch = this.putters.add(new PutBranch(item, entry));
        return () => branch.list?.remove(branch);
      },
      result: () => undefined,
    };
  }

  /**
   * Ends putting: `put` throws QueueShutDown, also in greenlets that are blocked in it. Items in
   * the queue can still be taken; after them `get` throws too, and iteration ends.
   * @param options immediate: throw away the items in the queue, as if they had been taken and
   *   dealt with.
   */
  shutdown(options: { immediate?: boolean } = {}): void {
    checkOptions("Queue.shutdown", options, ["immediate"]);
    const { immediate = false } = options;
    this.closed = true;
    while (immediate && this.items.length > 0) this.drop();
    this.putters.failAll(new QueueShutDown());
    if (this.items.length === 0) this.getters.failAll(new QueueShutDown());
    this.links.fire();
  }

  /** Takes items until the queue is shut down and empty. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.taking();
  }

  /**
   * As iteration, with options for the wait for each item. After `timeout` milliseconds it throws a
   * Timeout.
   */
  taking(options?: WaitOptions): IterableIterator<T> {
    return new Steps(() => {
      try {
        return { done: false, value: this.get(options) };
      } catch (error) {
        if (error instanceof QueueShutDown && this.closed) return ENDED;
        throw error;
      }
    });
  }

  /** @internal */
  poll(): { readonly value: T } | null {
    if (this.items.length === 0) {
      if (this.closed) throw new QueueShutDown();
      return null;
    }
    const value = this.items.shift() as T;
    const putter = this.putters.peek() as Putting<T> | null;
    if (putter !== null) {
      this.add(putter.item);
      putter.wake();
    }
    return { value };
  }

  /** @internal */
  enlist(entry: Entry<T>): void {
    this.getters.add(entry);
  }

  /** @internal */
  result(woken: T): T {
    return woken;
  }

  protected makeStore(): Store<T> {
    return new Fifo<T>();
  }

  /** Takes an item in: hands it to the first getter that waits, or else stores it. */
  protected add(item: T): void {
    if (this.getters.wakeOne(item)) return;
    this.items.push(item);
    this.links.fire();
  }

  /** Throws the next item away. */
  protected drop(): void {
    this.items.shift();
  }
}
