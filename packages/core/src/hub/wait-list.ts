/** A place in a WaitList: a blocking call, or one of several things that a `select` waits for. */
export abstract class Entry<T = void> {
  /** @internal The list it is in. */
  list: WaitList<T> | null = null;
  /** @internal */
  previous: Entry<T> | null = null;
  /** @internal */
  next: Entry<T> | null = null;

  /** Gives it what it waited for. Takes it out of its list. */
  abstract wake(value: T): void;

  /** Ends its wait with an error. Takes it out of its list. */
  abstract fail(error: unknown): void;
}

/**
 * Who waits for one thing, first come first served. The entries themselves hold the links, so one
 * that is killed or times out leaves in O(1), without a trace.
 */
export class WaitList<T = void> {
  private first: Entry<T> | null = null;
  private last: Entry<T> | null = null;
  private count = 0;

  get length(): number {
    return this.count;
  }

  /**
   * Appends a waiter. It leaves the list by itself when it is settled, by a value or by an error.
   */
  add<W extends Entry<T>>(waiter: W): W {
    waiter.list = this;
    waiter.previous = this.last;
    if (this.last === null) this.first = waiter;
    else this.last.next = waiter;
    this.last = waiter;
    this.count++;
    return waiter;
  }

  /** The one that has waited longest, or null. */
  peek(): Entry<T> | null {
    return this.first;
  }

  /** Wakes the one that has waited longest; false when nobody waits. */
  wakeOne(value: T): boolean {
    if (this.first === null) return false;
    this.first.wake(value);
    return true;
  }

  /** Wakes all who wait now, in order. */
  wakeAll(value: T): void {
    for (let n = this.count; n > 0; n--) this.wakeOne(value);
  }

  /** Throws `error` into all who wait now, in order. */
  failAll(error: unknown): void {
    for (let n = this.count; n > 0; n--) this.first?.fail(error);
  }

  /** @internal */
  remove(waiter: Entry<T>): void {
    const { previous, next } = waiter;
    if (previous === null) this.first = next;
    else previous.next = next;
    if (next === null) this.last = previous;
    else next.previous = previous;
    waiter.previous = waiter.next = waiter.list = null;
    this.count--;
  }
}
