import { InvalidSwitchError } from "./errors.js";
import { Links } from "./links.js";
import { type Entry, WaitList } from "./wait-list.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/** A value or an error that comes later, once, from anywhere: a greenlet, a callback, a timer. */
export class AsyncResult<T = unknown> {
  private state: "pending" | "value" | "error" = "pending";
  private outcome: T | unknown = undefined;
  private readonly waiters = new WaitList();
  private readonly links = new Links<this>();
  private promised: PromiseWithResolvers<T> | null = null;

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

  /** For asynchronous code. */
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

  /** Blocks until it is set; returns the value or throws the error. */
  get(options?: WaitOptions): T {
    checkWait(options);
    if (this.state === "pending") this.waiters.add(new Waiter("AsyncResult.get")).wait(options);
    else passBy("AsyncResult.get");
    if (this.state === "error") throw this.outcome;
    return this.outcome as T;
  }

  /** Blocks until it is set. @returns false when `timeout` milliseconds passed first. */
  wait(options?: WaitOptions): boolean {
    checkWait(options);
    if (this.ready) passBy("AsyncResult.wait");
    return this.ready || this.waiters.add(new Waiter("AsyncResult.wait")).settles(options);
  }

  /** Calls `fn` on the hub when it is set; soon if it is. */
  link(fn: (result: this) => void): void {
    this.links.add(fn);
    if (this.ready) this.links.fire(this);
  }

  /** Takes a link back. */
  unlink(fn: (result: this) => void): void {
    this.links.remove(fn);
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
    this.links.fire(this);
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

/** Promise.withResolvers, which Node 20 has not. */
function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}
