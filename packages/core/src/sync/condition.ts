import { RLock } from "./rlock.js";
import { shield } from "../calls/shield.js";
import { deadline, timeLeft } from "../hub/timer.js";
import { settled } from "../hub/promises.js";
import { WaitList } from "../hub/wait-list.js";
import { checkCount, checkFunction, checkWait, type WaitOptions } from "../wait-options.js";
import { blocker, Waiter } from "../hub/waiter.js";

/**
 * Waits for a change of something that a lock guards. `wait` gives the lock up while it waits, and
 * holds it again when it returns or throws. Like threading.Condition of Python and gevent.
 */
export class Condition {
  readonly lock: RLock;
  private readonly waiters = new WaitList();

  constructor(lock: RLock = new RLock()) {
    this.lock = lock;
  }

  /**
   * Gives the lock up, blocks until `notify`, and takes the lock again.
   * @returns false when `timeout` milliseconds passed first.
   * @throws GreenlitError ERR_GREENLIT_NOT_OWNER if this greenlet does not hold the lock.
   */
  wait(options?: WaitOptions): boolean {
    return this.pause("Condition.wait", options);
  }

  private pause(what: string, options: WaitOptions | undefined): boolean {
    const waiter = new Waiter(what);
    checkWait(what, options);
    const depth = this.lock.releaseAll(what);
    try {
      return this.waiters.add(waiter).tryWait(options);
    } finally {
      // The block around this call will release the lock, so it must hold it, even after a kill.
      shield(() => this.lock.restore(what, depth));
    }
  }

  /**
   * Blocks until `predicate` returns true. Calls it at once, and again after each `notify`. The
   * caller must hold the lock.
   * @returns the last result of `predicate`: false only when `timeout` milliseconds have passed.
   */
  waitFor(predicate: () => boolean | Promise<boolean>, options: WaitOptions = {}): boolean {
    const what = "Condition.waitFor";
    blocker(what);
    checkFunction("predicate", predicate, "condition.waitFor(() => ..., options)");
    checkWait(what, options);
    this.lock.checkOwner(what);
    const { signal } = options;
    const end = deadline(options.timeout);
    // `settled`, because a promise itself would count as true.
    const holds = (): boolean => settled(what, predicate());
    while (!holds()) {
      if (!this.pause(what, { timeout: timeLeft(end), signal })) return holds();
    }
    return true;
  }

  /**
   * Wakes up to `count` of the greenlets that wait, longest wait first.
   * @throws GreenlitError ERR_GREENLIT_NOT_OWNER if this greenlet does not hold the lock.
   * @throws RangeError unless `count` is a whole number, 0 or more, or Infinity.
   */
  notify(count: number = 1): void {
    checkCount("count", count, 0);
    this.lock.checkOwner("Condition.notify");
    for (let n = count; n > 0 && this.waiters.wakeOne(); n--);
  }

  /**
   * Wakes all greenlets that wait.
   * @throws GreenlitError ERR_GREENLIT_NOT_OWNER if this greenlet does not hold the lock.
   */
  notifyAll(): void {
    this.notify(Infinity);
  }
}
