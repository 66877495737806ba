import { outOfRange } from "./errors.js";
import { Timeout } from "./timeout.js";
import { Links } from "./links.js";
import { type Entry, WaitList } from "./wait-list.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/** A number of permits. Who waits longest gets the next one: it is handed over, never raced for. */
export class Semaphore {
  private permits: number;
  private readonly waiters = new WaitList();
  private readonly links = new Links<this>();

  /** @throws RangeError unless `permits` is a whole number, 0 or more, or Infinity. */
  constructor(permits: number = 1) {
    if (!(permits >= 0) || (permits !== Infinity && !Number.isInteger(permits))) {
      throw outOfRange("permits", "a whole number, 0 or more", permits);
    }
    this.permits = permits;
  }

  /** Permits that nobody holds. */
  get free(): number {
    return this.permits;
  }

  /** True when `acquire` would block. */
  get locked(): boolean {
    return this.permits === 0;
  }

  /** True when `acquire` would not block. */
  get ready(): boolean {
    return this.permits > 0;
  }

  /** Takes a permit, blocking until there is one. @returns false when `timeout` passed first. */
  acquire(options?: WaitOptions): boolean {
    return this.take("Semaphore.acquire", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  take(what: string, options: WaitOptions | undefined): boolean {
    checkWait(options);
    if (this.permits > 0) passBy(what);
    if (this.permits > 0) {
      this.permits--;
      return true;
    }
    return this.waiters.add(new Waiter(what)).settles(options);
  }

  /** Gives a permit back: to the one that has waited longest, if any. Never blocks. */
  release(): void {
    if (this.waiters.wakeOne()) return;
    this.permits++;
    this.links.fire(this);
  }

  /** Calls `fn` on the hub, once, when a permit is free; soon if one is. It takes none. */
  link(fn: (semaphore: this) => void): void {
    this.links.add(fn);
    if (this.ready) this.links.fire(this);
  }

  /** Takes a link back. */
  unlink(fn: (semaphore: this) => void): void {
    this.links.remove(fn);
  }

  /** @internal As a source of select, which takes a permit. */
  poll(): { readonly value: true } | null {
    if (this.permits === 0) return null;
    this.permits--;
    return { value: true };
  }

  /** @internal */
  enlist(entry: Entry): void {
    this.waiters.add(entry);
  }

  /** @internal */
  result(): true {
    return true;
  }

  /** `using permit = semaphore.hold()`: takes a permit, and gives it back at the end of the block. */
  hold(options?: WaitOptions): Disposable {
    const what = "Semaphore.hold";
    if (!this.take(what, options)) throw Timeout.expired(options?.timeout as number, what);
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.release();
        held = false;
      },
    };
  }
}
