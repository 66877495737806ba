import { outOfRange } from "./errors.js";
import { Group } from "./group.js";
import { Semaphore } from "./semaphore.js";
import type { WaitOptions } from "./waiter.js";

/** A Group of at most `size` greenlets at a time; whoever wants one more waits for a place. */
export class Pool extends Group {
  /** How many greenlets it runs at most. */
  readonly size: number;
  protected override readonly kind: string = "Pool";
  private readonly places: Semaphore;

  /** @throws RangeError unless size is a whole number from 1 on, or Infinity. */
  constructor(size: number = Infinity) {
    super();
    if (!(size >= 1) || (size !== Infinity && !Number.isInteger(size))) {
      throw outOfRange("size", "a whole number, 1 or more, or Infinity", size);
    }
    this.size = size;
    this.places = new Semaphore(size);
  }

  /** How many more could start at once. */
  get free(): number {
    return this.places.free;
  }

  /**
   * Blocks until a greenlet could start at once: `spawn`, whose arguments are the function's, with a timeout.
   * @returns false when `timeout` milliseconds passed first.
   */
  waitAvailable(options?: WaitOptions): boolean {
    const free = this.enter("Pool.waitAvailable", options);
    if (free) this.leave();
    return free;
  }

  protected override enter(what: string, options?: WaitOptions): boolean {
    return this.places.take(what, options);
  }

  protected override leave(): void {
    this.places.release();
  }
}
