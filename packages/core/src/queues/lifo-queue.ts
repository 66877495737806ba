import { Queue } from "./queue.js";
import type { Store } from "./simple-queue.js";

class Stack<T> implements Store<T> {
  private readonly items: T[] = [];

  get length(): number {
    return this.items.length;
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): T | undefined {
    return this.items.pop();
  }
}

/** A Queue whose newest item comes out first. */
export class LifoQueue<T = unknown> extends Queue<T> {
  protected override makeStore(): Store<T> {
    return new Stack<T>();
  }
}
