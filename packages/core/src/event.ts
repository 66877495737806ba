import { Links } from "./links.js";
import { type Entry, WaitList } from "./wait-list.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/** A flag that greenlets can wait for. `set` wakes everyone who waits, also if `clear` follows at once. */
export class Event {
  private flag = false;
  private readonly waiters = new WaitList();
  private readonly links = new Links<this>();

  get isSet(): boolean {
    return this.flag;
  }

  /** The same as `isSet`, in the word of `waitAll`. */
  get ready(): boolean {
    return this.flag;
  }

  /** Raises the flag and wakes all who wait now. */
  set(): void {
    this.flag = true;
    this.waiters.wakeAll();
    this.links.fire(this);
  }

  /** Calls `fn` on the hub, once, when the flag is next up; soon if it is. */
  link(fn: (event: this) => void): void {
    this.links.add(fn);
    if (this.flag) this.links.fire(this);
  }

  /** Takes a link back. */
  unlink(fn: (event: this) => void): void {
    this.links.remove(fn);
  }

  /** @internal As a source of select. */
  poll(): { readonly value: true } | null {
    return this.flag ? { value: true } : null;
  }

  /** @internal */
  enlist(entry: Entry): void {
    this.waiters.add(entry);
  }

  /** @internal */
  result(): true {
    return true;
  }

  /** Lowers the flag: whoever waits from now on waits for the next `set`. */
  clear(): void {
    this.flag = false;
  }

  /** Blocks until the flag is up. @returns false when `timeout` milliseconds passed first. */
  wait(options?: WaitOptions): boolean {
    checkWait(options);
    if (this.flag) passBy("Event.wait");
    return this.flag || this.waiters.add(new Waiter("Event.wait")).settles(options);
  }
}
