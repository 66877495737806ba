import { Linkable } from "../hub/links.js";
import { type Entry, WaitList } from "../hub/wait-list.js";
import { checkWait, type WaitOptions } from "../wait-options.js";
import { stayFair, Waiter } from "../hub/waiter.js";

/**
 * A flag that greenlets can wait for. `set` wakes all that wait, even if `clear` follows at once.
 */
export class Event extends Linkable {
  /** For the compiler: what `select` takes from it. */
  declare readonly "~gives": () => true;
  private flag = false;
  /** Greenlets and links, in the order in which they came. */
  private readonly waiters: WaitList;

  constructor() {
    const waiters = new WaitList();
    super(waiters);
    this.waiters = waiters;
  }

  get isSet(): boolean {
    return this.flag;
  }

  /** The same as `isSet`, under the name that `waitAll` and `select` use. */
  get ready(): boolean {
    return this.flag;
  }

  /** Raises the flag and wakes all who wait now. */
  set(): void {
    this.flag = true;
    this.waiters.wakeAll();
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

  /** Lowers the flag: from now on `wait` blocks until the next `set`. */
  clear(): void {
    this.flag = false;
  }

  /** Blocks until the flag is up. @returns false when `timeout` milliseconds passed first. */
  wait(options?: WaitOptions): boolean {
    checkWait("Event.wait", options);
    if (this.flag) stayFair("Event.wait");
    return this.flag || this.waiters.add(new Waiter("Event.wait")).tryWait(options);
  }
}
