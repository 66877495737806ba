import { ChannelClosed, outOfRange } from "./errors.js";
import { Fifo } from "./fifo.js";
import { Links } from "./links.js";
import type { Source } from "./select.js";
import { Entry, WaitList } from "./wait-list.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/** A blocked `send`, with what it wants to send. */
class Sender<T> extends Waiter {
  readonly item: T;
  constructor(item: T) {
    super("Channel.send");
    this.item = item;
  }
}

/** The same for a `select`. */
class SendBranch<T> extends Entry {
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
 * Where greenlets meet: `send` returns when somebody has received the item, as in CSP and Go. With a
 * capacity, so many sends go ahead. First come first served on both sides; a call that is killed or times
 * out has sent or received nothing.
 */
export class Channel<T = unknown> implements Source<T, T> {
  /** How many items wait in it at most, beside those of blocked senders. */
  readonly capacity: number;
  private readonly items = new Fifo<T>();
  private readonly senders = new WaitList();
  private readonly receivers = new WaitList<T>();
  private readonly links = new Links<this>();
  private over = false;

  /** @throws RangeError unless capacity is a whole number, 0 or more, or Infinity. */
  constructor(capacity: number = 0) {
    if (!(capacity >= 0) || (capacity !== Infinity && !Number.isInteger(capacity))) {
      throw outOfRange("capacity", "a whole number, 0 or more, or Infinity", capacity);
    }
    this.capacity = capacity;
  }

  get closed(): boolean {
    return this.over;
  }

  /** True when `receive` would not block. */
  get ready(): boolean {
    return this.items.length > 0 || this.senders.length > 0 || this.over;
  }

  /** Blocks until the item is received, or has a place. @throws ChannelClosed; Timeout: it was not sent. */
  send(item: T, options?: WaitOptions): void {
    checkWait(options);
    if (this.capacity !== Infinity) passBy("Channel.send");
    if (this.offer(item)) return;
    const sender = new Sender(item);
    this.senders.add(sender);
    this.links.fire(this);
    sender.wait(options);
  }

  /** Blocks until there is an item. @throws ChannelClosed when it is closed and empty; Timeout. */
  receive(options?: WaitOptions): T {
    checkWait(options);
    if (this.ready) passBy("Channel.receive");
    const taken = this.poll();
    if (taken !== null) return taken.value;
    return this.receivers.add(new Waiter<T>("Channel.receive")).wait(options);
  }

  /** As a source of `select`: fires when the item is received, or has a place. */
  sending(item: T): Source<void> {
    return {
      poll: () => (this.offer(item) ? { value: undefined } : null),
      enlist: (entry) => {
        const branch = new SendBranch(item, entry);
        this.senders.add(branch);
        this.links.fire(this);
        return () => branch.list?.remove(branch);
      },
      result: () => undefined,
    };
  }

  /**
   * Nothing more is sent: `send` throws ChannelClosed, also in those who wait. What is in it can still be
   * received; then `receive` throws too, and iteration ends. Closing twice does nothing.
   */
  close(): void {
    this.over = true;
    this.senders.failAll(new ChannelClosed());
    this.receivers.failAll(new ChannelClosed());
    this.links.fire(this);
  }

  /** Receives until the channel is closed and empty. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.receiving();
  }

  /** As iteration, with options for each item; `timeout` throws Timeout. */
  *receiving(options?: WaitOptions): IterableIterator<T> {
    for (;;) {
      let item: T;
      try {
        item = this.receive(options);
      } catch (error) {
        if (error instanceof ChannelClosed && this.over) return;
        throw error;
      }
      yield item;
    }
  }

  /** Calls `fn` on the hub, once, when `receive` would not block; soon if it would not now. */
  link(fn: (channel: this) => void): void {
    this.links.add(fn);
    if (this.ready) this.links.fire(this);
  }

  /** Takes a link back. */
  unlink(fn: (channel: this) => void): void {
    this.links.remove(fn);
  }

  /** @internal */
  poll(): { readonly value: T } | null {
    const sender = this.senders.peek() as Sender<T> | SendBranch<T> | null;
    if (this.items.length > 0) {
      const value = this.items.shift() as T;
      if (sender !== null) {
        this.items.push(sender.item);
        sender.wake();
      }
      return { value };
    }
    if (sender !== null) {
      const value = sender.item;
      sender.wake();
      return { value };
    }
    if (this.over) throw new ChannelClosed();
    return null;
  }

  /** @internal */
  enlist(entry: Entry<T>): void {
    this.receivers.add(entry);
  }

  /** @internal */
  result(woken: T): T {
    return woken;
  }

  /** Sends without blocking, if that is possible. */
  private offer(item: T): boolean {
    if (this.over) throw new ChannelClosed();
    if (this.receivers.wakeOne(item)) return true;
    if (this.items.length >= this.capacity) return false;
    this.items.push(item);
    this.links.fire(this);
    return true;
  }
}
