import { Linkable } from "../hub/links.js";
import { type Entry, WaitList } from "../hub/wait-list.js";
import { checkCount, checkWait, type WaitOptions } from "../wait-options.js";
import { hold } from "./hold.js";
import { stayFair, Waiter } from "../hub/waiter.js";

/**
 * A number of permits. A permit that is given back goes straight to the greenlet that has waited
 * longest.
 */
export class Semaphore extends Linkable {
  /** For the compiler: what `select` takes from it. */
  declare readonly "~gives": () => true;
  private permits: number;
  private readonly waiters = new WaitList();

  /** @throws RangeError unless `permits` is a whole number, 0 or more, or Infinity. */
  constructor(permits: number = 1) {
    super();
    checkCount("permits", permits, 0);
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

  /**
   * Takes a permit, blocking until there is one.
   * @returns false when `timeout` milliseconds passed first.
   */
  acquire(options?: WaitOptions): boolean {
    return this.acquireAs("Semaphore.acquire", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  acquireAs(what: string, options: WaitOptions | undefined): boolean {
    checkWait(what, options);
    if (this.permits > 0) stayFair(what);
    if (this.permits > 0) {
      this.permits--;
      return true;
    }
    return this.waiters.add(new Waiter(what)).tryWait(options);
  }

  /** Gives a permit back: to the one that has waited longest, if any. Never blocks. */
  release(): void {
    if (this.waiters.wakeOne()) return;
    this.permits++;
    this.links.fire();
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

  /**
   * `using permit = semaphore.hold()`: takes a permit as `acquire` does, and gives it back at the
   * end of the block.
   * @throws Timeout after `timeout` milliseconds.
   */
  hold(options?: WaitOptions): Disposable {
    return hold(this, "Semaphore.hold", options);
  }
}
