import { InvalidSwitchError } from "../errors.js";
import { Linkable } from "../hub/links.js";
import { type Entry, WaitList } from "../hub/wait-list.js";
import { checkWait, type WaitOptions } from "../wait-options.js";
import { stayFair, Waiter } from "../hub/waiter.js";

/** A value or an error that is set once, later, from anywhere: a greenlet, a callback, a timer. */
export class AsyncResult<T = unknown> extends Linkable {
  /** For the compiler: what `select` takes from it. */
  declare readonly "~gives": () => T;
  private state: "pending" | "value" | "error" = "pending";
  private outcome: T | unknown = undefined;
  /** Greenlets and links, in the order in which they came. */
  private readonly waiters: WaitList;
  private promised: PromiseWithResolvers<T> | null = null;

  constructor() {
    const waiters = new WaitList();
    super(waiters);
    this.waiters = waiters;
  }

  get ready(): boolean {
    return this.state !== "pending";
  }

  get successful(): boolean {
    return this.state === "value";
  }

  /** The value; undefined while there is none. */
  get value(): T | undefined {
    return this.state === "value" ? (this.outcome as T) : undefined;
  }

  /** The error; undefined while there is none. */
  get exception(): unknown {
    return this.state === "error" ? this.outcome : undefined;
  }

  /** A promise of the value, for asynchronous code. */
  get promise(): Promise<T> {
    this.promised ??= withResolvers<T>();
    this.tell();
    return this.promised.promise;
  }

  /** @throws InvalidSwitchError when it has been set already. */
  set(value: T): void {
    this.settle("value", value);
  }

  /** @throws InvalidSwitchError when it has been set already. */
  setException(error: unknown): void {
    this.settle("error", error);
  }

  /**
   * Blocks until it is set, and returns the value.
   * @throws the error, if it was set to one; a Timeout after `timeout` milliseconds; the signal's
   *   reason.
   */
  get(options?: WaitOptions): T {
    checkWait("AsyncResult.get", options);
    if (this.state === "pending") this.waiters.add(new Waiter("AsyncResult.get")).wait(options);
    else stayFair("AsyncResult.get");
    if (this.state === "error") throw this.outcome;
    return this.outcome as T;
  }

  /** Blocks until it is set. @returns false when `timeout` milliseconds passed first. */
  wait(options?: WaitOptions): boolean {
    checkWait("AsyncResult.wait", options);
    if (this.ready) stayFair("AsyncResult.wait");
    return this.ready || this.waiters.add(new Waiter("AsyncResult.wait")).tryWait(options);
  }

  /** @internal As a source of select. */
  poll(): { readonly value: T } | null {
    return this.ready ? { value: this.get() } : null;
  }

  /** @internal */
  enlist(entry: Entry): void {
    this.waiters.add(entry);
  }

  /** @internal */
  result(): T {
    return this.get();
  }

  private settle(state: "value" | "error", outcome: unknown): void {
    if (this.state !== "pending")
      throw new InvalidSwitchError("the AsyncResult has been set already");
    this.state = state;
    this.outcome = outcome;
    this.waiters.wakeAll();
    this.tell();
  }

  private tell(): void {
    if (this.state === "value") this.promised?.resolve(this.outcome as T);
    if (this.state === "error") this.promised?.reject(this.outcome);
  }
}

interface PromiseWithResolvers<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
