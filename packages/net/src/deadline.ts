import { getHub, type WaitOptions } from "@greenlit/core";

/**
 * What every blocking call takes: `timeout`, the longest the whole call may take, in milliseconds, and `signal`, which interrupts
 * it with its reason.
 */
export type CallOptions = WaitOptions;

/** The time a call may take, spread over the several waits it consists of. */
export class Deadline {
  static readonly #none = new Deadline(undefined, undefined);

  readonly #end: number | undefined;
  readonly #signal: AbortSignal | undefined;

  private constructor(end: number | undefined, signal: AbortSignal | undefined) {
    this.#end = end;
    this.#signal = signal;
  }

  /** @throws RangeError when the timeout is negative or not a number. */
  static of(options: CallOptions | undefined): Deadline {
    if (options === undefined) return Deadline.#none;
    const { timeout, signal } = options;
    if (timeout === undefined || timeout === null) {
      return signal === undefined ? Deadline.#none : new Deadline(undefined, signal);
    }
    if (!(timeout >= 0)) throw new RangeError(`timeout must not be negative, it is ${timeout}`);
    return new Deadline(getHub().clock.now() + timeout, signal);
  }

  /** The options of the next wait: what is left of the time. */
  get rest(): WaitOptions | undefined {
    if (this.#end === undefined && this.#signal === undefined) return undefined;
    const rest: { timeout?: number; signal?: AbortSignal } = {};
    if (this.#end !== undefined) rest.timeout = Math.max(0, this.#end - getHub().clock.now());
    if (this.#signal !== undefined) rest.signal = this.#signal;
    return rest;
  }
}
