import { RLock } from "./rlock.js";
import { shield } from "./shield.js";
import { deadline, left } from "./timer.js";
import { WaitList } from "./wait-list.js";
import { blocker, checkWait, type WaitOptions, Waiter } from "./waiter.js";

/**
 * Waiting for a change of something that a lock guards: `wait` gives the lock up, and has it again when
 * it returns, in whatever way. As Python's threading.Condition, and gevent's.
 */
export class Condition {
  readonly lock: RLock;
  private readonly waiters = new WaitList();

  constructor(lock: RLock = new RLock()) {
    this.lock = lock;
  }

  /**
   * Gives the lock up, waits for `notify`, and takes the lock again.
   * @returns false when `timeout` milliseconds passed first.
   * @throws GreenlitError ERR_GREENLIT_NOT_OWNER if this greenlet does not hold the lock.
   */
  wait(options?: WaitOptions): boolean {
    return this.pause("Condition.wait", options);
  }

  private pause(what: string, options: WaitOptions | undefined): boolean {
    const waiter = new Waiter(what);
    checkWait(options);
    const depth = this.lock.releaseAll(what);
    try {
      return this.waiters.add(waiter).settles(options);
    } finally {
      // The block around this call will release it, so it must be held, also after a kill.
      shield(() => this.lock.restore(depth));
    }
  }

  /** Waits until `predicate` holds, looking again after each `notify`. @returns what it gave last. */
  waitFor(predicate: () => boolean, options: WaitOptions = {}): boolean {
    const what = "Condition.waitFor";
    blocker(what);
    checkWait(options);
    this.lock.checkOwner(what);
    const { signal } = options;
    const end = deadline(options.timeout);
    while (!predicate()) {
      if (!this.pause(what, { timeout: left(end), signal })) return predicate();
    }
    return true;
  }

  /** Wakes up to `count` of those who wait, longest first. @throws as `wait`. */
  notify(count: number = 1): void {
    this.lock.checkOwner("Condition.notify");
    for (let n = count; n > 0 && this.waiters.wakeOne(); n--);
  }

  /** Wakes all who wait. @throws as `wait`. */
  notifyAll(): void {
    this.notify(Infinity);
  }
}
