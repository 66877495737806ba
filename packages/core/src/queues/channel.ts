import { ChannelClosed } from "../errors.js";
import { Fifo } from "../collections/fifo.js";
import { Linkable } from "../hub/links.js";
import type { Source } from "../hub/source.js";
import { type Entry, WaitList } from "../hub/wait-list.js";
import { checkCount, checkWait, type WaitOptions } from "../wait-options.js";
import { ENDED, Steps } from "../collections/steps.js";
import { PutBranch, Putter, type Putting } from "./putter.js";
import { stayFair, Waiter } from "../hub/waiter.js";

/**
 * Where greenlets meet: `send` returns when another greenlet has received the item, as in CSP and
 * Go. With a `capacity`, that many items can be sent ahead. First come first served on both sides.
 * A call that is killed or times out has sent or received nothing.
 */
export class Channel<T = unknown> extends Linkable implements Source<T, T> {
  /** For the compiler: what `select` takes from it. */
  declare readonly "~gives": () => T;
  /** How many items it holds at most. Items of blocked senders do not count. */
  readonly capacity: number;
  private readonly items = new Fifo<T>();
  private readonly senders = new WaitList();
  private readonly receivers = new WaitList<T>();
  private over = false;

  /** @throws RangeError unless capacity is a whole number, 0 or more, or Infinity. */
  constructor(capacity: number = 0) {
    super();
    checkCount("capacity", capacity, 0);
    this.capacity = capacity;
  }

  get closed(): boolean {
    return this.over;
  }

  /** True when `receive` would not block. */
  get ready(): boolean {
    return this.items.length > 0 || this.senders.length > 0 || this.over;
  }

  /**
   * Blocks until the item has been received, or has a place in the channel.
   * @throws ChannelClosed when it is closed; Timeout after `timeout` milliseconds. Then the item
   *   was not sent.
   */
  send(item: T, options?: WaitOptions): void {
    checkWait("Channel.send", options);
    if (this.capacity !== Infinity) stayFair("Channel.send");
    if (this.offer(item)) return;
    const sender = new Putter("Channel.send", item);
    this.senders.add(sender);
    this.links.fire();
    sender.wait(options);
  }

  /**
   * Blocks until there is an item, and returns it.
   * @throws ChannelClosed when it is closed and empty; Timeout after `timeout` milliseconds.
   */
  receive(options?: WaitOptions): T {
    checkWait("Channel.receive", options);
    if (this.ready) stayFair("Channel.receive");
    const taken = this.poll();
    if (taken !== null) return taken.value;
    return this.receivers.add(new Waiter<T>("Channel.receive")).wait(options);
  }

  /** A source for `select`: sends the item, and fires when it has been received or has a place. */
  sending(item: T): Source<void> {
    return {
      poll: () => (this.offer(item) ? { value: undefined } : null),
      enlist: (entry) => {
        const branch = new PutBranch(item, entry);
        this.senders.add(branch);
        this.links.fire();
        return () => branch.list?.remove(branch);
      },
      result: () => undefined,
    };
  }

  /**
   * Ends sending: `send` throws ChannelClosed, also in greenlets that are blocked in it. Items in
   * the channel can still be received; after them `receive` throws too, and iteration ends. Closing
   * twice does nothing.
   */
  close(): void {
    this.over = true;
    this.senders.failAll(new ChannelClosed());
    this.receivers.failAll(new ChannelClosed());
    this.links.fire();
  }

  /** Receives until the channel is closed and empty. */
  [Symbol.iterator](): IterableIterator<T> {
    return this.receiving();
  }

  /**
   * As iteration, with options for the wait for each item. After `timeout` milliseconds it throws a
   * Timeout.
   */
  receiving(options?: WaitOptions): IterableIterator<T> {
    return new Steps(() => {
      try {
        return { done: false, value: this.receive(options) };
      } catch (error) {
        if (error instanceof ChannelClosed && this.over) return ENDED;
        throw error;
      }
    });
  }

  /** @internal */
  poll(): { readonly value: T } | null {
    const sender = this.senders.peek() as Putting<T> | null;
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
    this.links.fire();
    return true;
  }
}
