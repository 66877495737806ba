import { outOfRange, QueueShutDown } from "./errors.js";
import { Fifo } from "./fifo.js";
import { Links } from "./links.js";
import type { Source } from "./select.js";
import { Entry, WaitList } from "./wait-list.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/** In which order items come out. */
export interface Store<T> {
  readonly length: number;
  push(item: T): void;
  /** Takes the next one; there is one. */
  shift(): T | undefined;
}

/** A blocked `put`, with what it wants to put. */
class Putter<T> extends Waiter {
  readonly item: T;
  constructor(item: T) {
    super("Queue.put");
    this.item = item;
  }
}

/** The same for a `select`. */
class PutBranch<T> extends Entry {
  readonly item: T;
  private readonly entry: Entry<unknown>;
  constructor(item: T, entry: Entry<unknown>) {
    super();
    this.item = item;
    this.entry = entry;
  }
  wake(): void {
    this.entry.wake(undefined);
  }
  fail(error: unknown): void {
    this.entry.fail(error);
  }
}

/**
 * Hands items from greenlet to greenlet, first in first out; fair to those who wait on either side.
 * An item goes straight to the getter that has waited longest; a getter or putter that is killed or
 * times out takes part in nothing, so no item is ever lost.
 */
export class SimpleQueue<T = unknown> implements Source<T, T> {
  /** How many items it holds at most. */
  readonly maxSize: number;
  private readonly items: Store<T> = this.makeStore();
  private readonly getters = new WaitList<T>();
  private readonly putters = new WaitList();
  private readonly links = new Links<this>();
  private closed = false;

  /** @throws RangeError unless maxSize is a whole number from 1 on, or Infinity. */
  constructor(maxSize: number = Infinity) {
    if (!(maxSize >= 1) || (maxSize !== Infinity && !Number.isInteger(maxSize))) {
      throw outOfRange("maxSize", "a whole number, 1 or more, or Infinity", maxSize);
    }
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
    checkWait(options);
    if (this.maxSize !== Infinity && !this.full) passBy("Queue.put");
    if (this.closed) throw new QueueShutDown();
    if (this.full) this.putters.add(new Putter(item)).wait(options);
    else this.add(item);
  }

  /**
   * Takes the next item, blocking while there is none.
   * @throws QueueShutDown when it is shut down and empty; Timeout after `timeout` milliseconds.
   */
  get(options?: WaitOptions): T {
    return this.take("Queue.get", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  take(what: string, options: WaitOptions | undefined): T {
    checkWait(options);
    if (this.ready) passBy(what);
    const taken = this.poll();
    if (taken !== null) return taken.value;
    return this.getters.add(new Waiter<T>(what)).wait(options);
  }

  /** As a source of `select`: fires when the item has been put. */
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
   * Nothing more goes in: `put` throws QueueShutDown, also in those who wait. Items that are in can
   * still be taken, then `get` throws too, and iteration ends.
   * @param options immediate: throw away what is in, as if it had been taken and dealt with.
   */
  shutdown({ immediate = false }: { immediate?: boolean } = {}): void {
    this.closed = true;
    while (immediate && this.items.length > 0) this.drop();
    this.putters.failAll(new QueueShutDown());
    if (this.items.length === 0) this.getters.failAll(new QueueShutDown());
    this.links.fire(this);
  }

  /** Takes items until the queue is shut down and empty. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.taking();
  }

  /** As iteration, with options for each item; `timeout` throws Timeout. */
  *taking(options?: WaitOptions): IterableIterator<T> {
    for (;;) {
      let item: T;
      try {
        item = this.get(options);
      } catch (error) {
        if (error instanceof QueueShutDown && this.closed) return;
        throw error;
      }
      yield item;
    }
  }

  /** Calls `fn` on the hub, once, when `get` would not block; soon if it would not now. */
  link(fn: (queue: this) => void): void {
    this.links.add(fn);
    if (this.ready) this.links.fire(this);
  }

  /** Takes a link back. */
  unlink(fn: (queue: this) => void): void {
    this.links.remove(fn);
  }

  /** @internal */
  poll(): { readonly value: T } | null {
    if (this.items.length === 0) {
      if (this.closed) throw new QueueShutDown();
      return null;
    }
    const value = this.items.shift() as T;
    const putter = this.putters.peek() as Putter<T> | PutBranch<T> | null;
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

  /** An item comes in: straight to who waits for it, or into the store. */
  protected add(item: T): void {
    if (this.getters.wakeOne(item)) return;
    this.items.push(item);
    this.links.fire(this);
  }

  /** Throws the next item away. */
  protected drop(): void {
    this.items.shift();
  }
}
