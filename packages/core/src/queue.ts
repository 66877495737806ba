import { GreenlitError } from "./errors.js";
import { SimpleQueue } from "./simple-queue.js";
import { WaitList } from "./wait-list.js";
import { checkWait, type WaitOptions, Waiter } from "./waiter.js";

/** A SimpleQueue that also knows when everything that was put has been dealt with: `taskDone`, `join`. */
export class Queue<T = unknown> extends SimpleQueue<T> {
  private readonly joiners = new WaitList();
  private unfinished = 0;

  /** Whoever took an item with `get` says that it is dealt with. @throws GreenlitError if all are. */
  taskDone(): void {
    if (this.unfinished === 0) {
      throw new GreenlitError("ERR_GREENLIT_TASK_DONE", "taskDone() called more often than put()");
    }
    if (--this.unfinished === 0) this.joiners.wakeAll();
  }

  /** Blocks until every item that was put has been reported by `taskDone`. @returns false on timeout. */
  join(options?: WaitOptions): boolean {
    checkWait(options);
    return this.unfinished === 0 || this.joiners.add(new Waiter("Queue.join")).settles(options);
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
