import { BlockingSwitchOutError, GreenlitError } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";
import { checkTimeout, Timer } from "./timer.js";

/**
 * A deadline for all that a greenlet does: when it has passed, the blocking call the greenlet is in, or
 * its next one, throws. Deadlines nest; each is told from others by identity.
 *
 * ```ts
 * using deadline = new Timeout(1000);
 * const page = fetch(url);   // throws `deadline` after a second
 * ```
 */
export class Timeout extends GreenlitError implements Disposable {
  /** Milliseconds; null: it never fires. */
  readonly ms: number | null;
  private readonly thrown: unknown;
  private greenlet: Greenlet | null = null;
  private timer: Timer | null = null;

  /**
   * Starts at once.
   * @param ms milliseconds; 0: at the next turn of the loop; null: never.
   * @param error thrown in its place.
   * @throws BlockingSwitchOutError outside a greenlet. RangeError if ms is negative or NaN.
   */
  constructor(ms: number | null, error?: unknown) {
    super("ERR_GREENLIT_TIMEOUT", `timed out after ${ms} ms`);
    checkTimeout("ms", ms);
    this.ms = ms;
    this.thrown = error ?? this;
    this.start();
  }

  /** @internal The error of a single call that took too long: not started, it is thrown right away. */
  static expired(ms: number, what: string): Timeout {
    const error = new Timeout(null);
    (error as { ms: number }).ms = ms;
    error.message = `${what} timed out after ${ms} ms`;
    return error;
  }

  /** True between `start` and the moment it fires or is cancelled. */
  get pending(): boolean {
    return this.timer !== null;
  }

  /** Starts anew, for the greenlet that calls this. @throws BlockingSwitchOutError outside a greenlet. */
  start(): void {
    const greenlet = hub.current;
    if (greenlet === null) throw new BlockingSwitchOutError("Timeout");
    this.cancel();
    if (this.ms === null) return;
    this.greenlet = greenlet;
    this.timer = new Timer(this.ms, () => {
      this.timer = null;
      greenlet.interrupt(this.thrown);
    });
  }

  /** It will not fire any more. Harmless when it has. */
  cancel(): void {
    this.timer?.stop();
    this.timer = null;
    this.greenlet?.forgetInterrupt(this.thrown);
    this.greenlet = null;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/**
 * Calls `fn` under a deadline.
 * @param fallback returned when this deadline, and no outer one, was what ended it.
 * @throws the Timeout, when there is no fallback.
 */
export function withTimeout<T>(ms: number | null, fn: () => T, ...fallback: [T] | []): T {
  const deadline = new Timeout(ms);
  try {
    return fn();
  } catch (error) {
    if (error === deadline && fallback.length === 1) return fallback[0];
    throw error;
  } finally {
    deadline.cancel();
  }
}
