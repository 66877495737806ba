import { Timeout, type WaitOptions } from "@greenlit/core";
import { checkWait, deadline, timeLeft, timedOut, type Waiter } from "@greenlit/core/blocking-call";

/**
 * What every blocking call takes: `timeout`, the longest the whole call may take, in milliseconds,
 * and `signal`, which interrupts it with its reason.
 */
export type CallOptions = WaitOptions;

/** The time a call may take, spread over the several waits it consists of. */
export class Deadline {
  /** That of calls without options. */
  static readonly none: Deadline = new Deadline(undefined, undefined);

  private readonly timeout: number | null | undefined;
  private readonly end: number;
  private readonly signal: AbortSignal | undefined;

  private constructor(timeout: number | null | undefined, signal: AbortSignal | undefined) {
    this.timeout = timeout;
    this.end = deadline(timeout);
    this.signal = signal;
  }

  /**
   * The first thing that a call does.
   *
   * @param what the call, for errors.
   * @param known the names of all options it takes. Default: those of every blocking call.
   * @throws TypeError for other options, and a timeout that is no number; RangeError when it is
   *   negative or NaN; the reason of a signal that has been aborted.
   */
  static of(what: string, options: CallOptions | undefined, known?: readonly string[]): Deadline {
    if (options === undefined) return Deadline.none;
    checkWait(what, options, known);
    return new Deadline(options.timeout, options.signal);
  }

  /** Whether its time has passed. */
  get isOver(): boolean {
    return timeLeft(this.end) === 0;
  }

  /**
   * Waits, for what is left of the time.
   *
   * @throws Timeout, with the time that the call was given; what interrupts it.
   */
  wait(waiter: Waiter): void {
    const { end, signal } = this;
    const forEver = end === Infinity && signal === undefined;
    if (waiter.tryWait(forEver ? undefined : { timeout: timeLeft(end), signal })) return;
    throw timedOut(waiter.what, this.timeout as number);
  }

  /**
   * Waits for at most `ms` milliseconds.
   *
   * @returns false when they have passed.
   * @throws Timeout when the time of the whole call has passed first.
   */
  pause(waiter: Waiter, ms: number): boolean {
    const left = timeLeft(this.end) ?? Infinity;
    if (left <= ms) {
      this.wait(waiter);
      return true;
    }
    return waiter.tryWait({ timeout: ms, signal: this.signal });
  }

  /**
   * Makes a blocking call of a lower layer, which takes options, for what is left of the time.
   *
   * @throws what it throws; its Timeout with the time that the whole call was given.
   */
  within<T>(what: string, call: (options: WaitOptions | undefined) => T): T {
    if (this === Deadline.none) return call(undefined);
    const timeout = timeLeft(this.end);
    try {
      return call({ timeout, signal: this.signal });
    } catch (error) {
      const own =
        error instanceof Timeout && error.message === timedOut(what, timeout ?? 0).message;
      throw own ? timedOut(what, this.timeout as number) : error;
    }
  }
}
