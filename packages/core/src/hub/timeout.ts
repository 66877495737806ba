import { BlockingSwitchOutError, GreenlitError } from "../errors.js";
import { placeHere, placeLater } from "../traces/frames.js";
import type { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";
import { Timer } from "./timer.js";
import { checkTime } from "../wait-options.js";

/**
 * A deadline for all that a greenlet does. When it has passed, the blocking call that the greenlet
 * is in throws this object, or else its next blocking call does. Deadlines nest: compare by
 * identity (`error === deadline`) to know which one has passed.
 *
 * ```ts
 * using deadline = new Timeout(1000);
 * const page = fetch(url);   // throws `deadline` after a second
 * ```
 *
 * Its stack is that of the blocking call it is thrown at.
 */
export class Timeout extends GreenlitError implements Disposable {
  static readonly code = "ERR_GREENLIT_TIMEOUT";
  declare readonly code: typeof Timeout.code;
  /** Milliseconds; null: it never fires. */
  readonly ms: number | null;
  // Truly private (#): printed errors would show fields that are private only to TypeScript.
  readonly #thrown: unknown;
  #greenlet: Greenlet | null = null;
  #timer: Timer | null = null;

  /**
   * Starts at once, for the greenlet that calls this.
   * @param ms milliseconds; 0: at the next turn of the loop; null: never.
   * @param error thrown in place of the Timeout.
   * @throws BlockingSwitchOutError outside a greenlet. RangeError if ms is negative or NaN,
   *   TypeError if it is neither a number nor null.
   */
  constructor(ms: number | null, error?: unknown) {
    if (ms !== null) checkTime("ms", ms);
    // Most Timeouts never fire and need no stack. A stack would cost as much as everything else.
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(Timeout.code, `timed out after ${ms} ms`);
    Error.stackTraceLimit = stackTraceLimit;
    this.ms = ms;
    this.#thrown = error === undefined ? this : error;
    this.start();
  }

  /**
   * @internal The error of a single call that took too long. It is not started: the caller throws
   * it.
   */
  static expired(ms: number, what: string): Timeout {
    const error = new Timeout(null);
    (error as { ms: number }).ms = ms;
    error.message = `${what} timed out after ${ms} ms`;
    return placeHere(error);
  }

  /** True between `start` and the moment it fires or is cancelled. */
  get pending(): boolean {
    return this.#timer !== null;
  }

  /**
   * Starts anew, for the greenlet that calls this.
   * @throws BlockingSwitchOutError outside a greenlet.
   */
  start(): void {
    const greenlet = hub.current;
    if (greenlet === null) throw new BlockingSwitchOutError("Timeout");
    this.cancel();
    if (this.ms === null) return;
    this.#greenlet = greenlet;
    this.#timer = new Timer(this.ms, () => {
      this.#timer = null;
      if (this.#thrown === this) placeLater(this);
      greenlet.interrupt(this.#thrown, this);
    });
  }

  /** Stops it: it will not fire any more. Does nothing when it has fired already. */
  cancel(): void {
    this.#timer?.stop();
    this.#timer = null;
    this.#greenlet?.forgetInterrupt(this);
    this.#greenlet = null;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/** What a call throws whose own time is over. @param what the call. @param ms what it was given. */
export function timedOut(what: string, ms: number): Timeout {
  return Timeout.expired(ms, what);
}
