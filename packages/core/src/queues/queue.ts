import { GreenlitError } from "../errors.js";
import { SimpleQueue } from "./simple-queue.js";
import { WaitList } from "../hub/wait-list.js";
import { checkWait, type WaitOptions } from "../wait-options.js";
import { stayFair, Waiter } from "../hub/waiter.js";

/**
 * A SimpleQueue that also knows when all its items have been dealt with: see `taskDone` and `join`.
 */
export class Queue<T = unknown> extends SimpleQueue<T> {
  private readonly joiners = new WaitList();
  private unfinished = 0;

  /**
   * To be called once for each item taken with `get`, when the item has been dealt with.
   * @throws GreenlitError ERR_GREENLIT_TASK_DONE if all items have been dealt with already.
   */
  taskDone(): void {
    if (this.unfinished === 0) {
      throw new GreenlitError("ERR_GREENLIT_TASK_DONE", "taskDone() called more often than put()");
    }
    if (--this.unfinished === 0) this.joiners.wakeAll();
  }

  /**
   * Blocks until every item that was put has been reported by `taskDone`.
   * @returns false when `timeout` milliseconds passed first.
   */
  join(options?: WaitOptions): boolean {
    checkWait("Queue.join", options);
    if (this.unfinished === 0) stayFair("Queue.join");
    return this.unfinished === 0 || this.joiners.add(new Waiter("Queue.join")).tryWait(options);
  }

  protected override add(item: T): void {
    this.unfinished++;
    super.add(item);
  }

  protected override drop(): void {
    super.drop();
    this.taskDone();
  }
}
