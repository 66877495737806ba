import { outOfRange } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import { Group } from "./group.js";
import { Semaphore } from "./semaphore.js";

/** A Group of at most `size` greenlets at a time; whoever wants one more waits for a place. */
export class Pool extends Group {
  /** How many greenlets it runs at most. */
  readonly size: number;
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

  /** Starts `fn(...args)` in a greenlet, blocking while the pool is full. */
  override spawn<A extends readonly unknown[], T>(fn: (...args: A) => T, ...args: A): Greenlet<T> {
    this.places.acquire();
    try {
      return super.spawn(fn, ...args);
    } catch (error) {
      this.places.release();
      throw error;
    }
  }

  protected override ended(greenlet: Greenlet): void {
    super.ended(greenlet);
    this.places.release();
  }
}
