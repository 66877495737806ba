import { Entry } from "../hub/wait-list.js";
import { Waiter } from "../hub/waiter.js";

/** A blocked call that has something to hand on. */
export class Putter<T> extends Waiter {
  readonly item: T;

  constructor(what: string, item: T) {
    super(what);
    this.item = item;
  }
}

/** The same for a `select`. */
export class PutBranch<T> extends Entry {
  readonly item: T;
  private readonly entry: Entry<unknown>;

  constructor(item: T, entry: Entry<unknown>) {
    super();
    this.item = item;
    this.entry = entry;
  }

  wake(): void {
    this.entry.wake(undefined);
  }

  fail(error: unknown): void {
    this.entry.fail(error);
  }
}

/** A wait that lasts until the item has been taken. */
export type Putting<T> = Putter<T> | PutBranch<T>;
