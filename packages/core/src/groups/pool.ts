import { Group } from "./group.js";
import { Semaphore } from "../sync/semaphore.js";
import { checkCount, type WaitOptions } from "../wait-options.js";

/**
 * A Group of at most `size` greenlets at a time. Starting one more blocks until there is a place.
 */
export class Pool extends Group {
  /** How many greenlets it runs at most. */
  readonly size: number;
  protected override readonly kind: string = "Pool";
  private readonly places: Semaphore;

  /** @throws RangeError unless size is a whole number from 1 on, or Infinity. */
  constructor(size: number = Infinity) {
    super();
    checkCount("size", size, 1);
    this.size = size;
    this.places = new Semaphore(size);
  }

  /** How many more could start at once. */
  get free(): number {
    return this.places.free;
  }

  /**
   * Blocks until a greenlet could start at once. For callers that want a timeout, which `spawn`
   * cannot take: all its arguments are the function's.
   * @returns false when `timeout` milliseconds passed first.
   */
  waitAvailable(options?: WaitOptions): boolean {
    const free = this.enter("Pool.waitAvailable", options);
    if (free) this.leave();
    return free;
  }

  protected override enter(what: string, options?: WaitOptions): boolean {
    return this.places.acquireAs(what, options);
  }

  protected override get starting(): boolean {
    return this.size - this.places.free > this.running.size;
  }

  protected override leave(): void {
    this.places.release();
  }
}
