import { Heap } from "../collections/heap.js";
import { Queue } from "./queue.js";
import type { Store } from "./simple-queue.js";

/** Smaller first; what `<` cannot tell apart comes out in the order it came. */
function ascending(a: unknown, b: unknown): number {
  if ((a as number) < (b as number)) return -1;
  return (b as number) < (a as number) ? 1 : 0;
}

/** A Queue whose least item comes out first. */
export class PriorityQueue<T = unknown> extends Queue<T> {
  /**
   * @param compare returns a negative number when its first argument comes out first, as for
   *   `sort`. Default: by `<`.
   */
  constructor(maxSize: number = Infinity, compare: (a: T, b: T) => number = ascending) {
    super(maxSize);
    this.order = compare;
  }

  private readonly order: (a: T, b: T) => number;

  protected override makeStore(): Store<T> {
    return new Heap<T>((a, b) => this.order(a, b));
  }
}
