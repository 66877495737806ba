import { types } from "node:util";
import { type Entry, WaitList } from "./wait-list.js";

export type Then = (wake: (value: unknown) => void, fail: (reason: unknown) => void) => unknown;

/** The `then` that promises of this realm have. */
export const promiseThen: unknown = Promise.prototype.then;

/** A promise of another realm, such as a vm context. */
function isForeign(promise: object): boolean {
  return types.isPromise(promise) && !(promise instanceof Promise);
}

/** The lists of promises that somebody has given up on; and, beyond LOOSE, of all others. */
const known = new WeakMap<object, Awaiters>();

/** How many lists of waiters are not in the map, and wait for a promise that is not settled. */
let loose = 0;

/**
 * An entry in the map costs a third of a whole wait. So a list is entered only when somebody gives
 * up, or when this many lists are loose.
 */
const LOOSE = 256;

/**
 * Who waits for a promise. A promise keeps what `then` added to it until it is settled, which may
 * be never. So a list that somebody has given up on is kept in `known`. Who waits for the same
 * promise later joins it, and `then` is not called again.
 */
export class Awaiters extends WaitList<unknown> {
  /** The promise was rejected, with `reason`. */
  rejected = false;
  reason: unknown = undefined;
  private readonly promise: object;
  private place: "loose" | "known" | "nowhere" = "nowhere";

  /**
   * Wakes `entry` when the promise is settled. A thenable that is no promise may do something at
   * each call of its `then`, so this calls it each time.
   * @param then the promise's `then`, which is read only once.
   */
  static join(promise: object, then: Then, entry: Entry<unknown>): Awaiters {
    const isPlain = then === promiseThen || isForeign(promise);
    const shared = isPlain ? known.get(promise) : undefined;
    const all = shared ?? new Awaiters(promise);
    all.add(entry);
    if (shared === undefined) {
      if (isPlain) all.listen(then);
      else all.ask(then);
    }
    return all;
  }

  private constructor(promise: object) {
    super();
    this.promise = promise;
  }

  /**
   * To be called by who stops waiting before the promise is settled: others can then join this
   * list.
   */
  abandon(): void {
    if (this.place === "loose") this.enter();
  }

  private enter(): void {
    this.leave();
    if (known.has(this.promise)) return; // others were earlier
    this.place = "known";
    known.set(this.promise, this);
  }

  private leave(): void {
    if (this.place === "loose") loose--;
    else if (this.place === "known") known.delete(this.promise);
    this.place = "nowhere";
  }

  private listen(then: Then): void {
    then.call(
      this.promise,
      (value) => {
        this.leave();
        this.wakeAll(value);
      },
      (reason) => this.reject(reason),
    );
    if (loose >= LOOSE) return this.enter();
    this.place = "loose";
    loose++;
  }

  private reject(reason: unknown): void {
    this.leave();
    this.rejected = true;
    this.reason = reason;
    this.failAll(reason);
  }

  private ask(then: Then): void {
    let called = false;
    const once = (fn: (outcome: unknown) => void) => (outcome: unknown) => {
      if (!called) {
        called = true;
        fn(outcome);
      }
    };
    const fail = once((reason) => this.reject(reason));
    const wake = once((value) => {
      try {
        // A promise never gives a thenable, but a thenable may.
        if (thenOf(value) === undefined) this.wakeAll(value);
        else
          Promise.resolve(value).then(
            (inner) => this.wakeAll(inner),
            (reason) => this.reject(reason),
          );
      } catch (error) {
        this.reject(error);
      }
    });
    try {
      then.call(this.promise, wake, fail);
    } catch (error) {
      fail(error);
    }
  }
}

/** The `then` of a thenable; undefined for everything else. @throws what reading it throws. */
export function thenOf(value: unknown): Then | undefined {
  if ((typeof value !== "object" && typeof value !== "function") || value === null)
    return undefined;
  const { then } = value as { then?: unknown };
  return typeof then === "function" ? (then as Then) : undefined;
}
