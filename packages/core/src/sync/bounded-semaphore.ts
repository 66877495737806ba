import { GreenlitError } from "../errors.js";
import { Semaphore } from "./semaphore.js";

/**
 * A Semaphore that throws when more permits are given back than it had at first: a mistake in the
 * program.
 */
export class BoundedSemaphore extends Semaphore {
  private readonly most: number;

  /** @throws RangeError unless `permits` is a whole number, 0 or more, or Infinity. */
  constructor(permits: number = 1) {
    super(permits);
    this.most = permits;
  }

  /** @throws GreenlitError ERR_GREENLIT_RELEASED_TOO_OFTEN; nothing has changed then. */
  override release(): void {
    if (this.free >= this.most) {
      throw new GreenlitError(
        "ERR_GREENLIT_RELEASED_TOO_OFTEN",
        `release() called more often than acquire(): all ${this.most} permits are free`,
      );
    }
    super.release();
  }
}
