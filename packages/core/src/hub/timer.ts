import { clearImmediate, setImmediate } from "../time/node-timers.js";
import type { Clock } from "../time/clock.js";
import { hub } from "./hub.js";
import { checkTime } from "../wait-options.js";
import type { Waiter } from "./waiter.js";
import { WheelEntry } from "../time/wheel.js";

/**
 * The time, on the hub's clock, `timeout` milliseconds from now. Infinity when there is no timeout.
 */
export function deadline(timeout: number | null | undefined): number {
  return timeout === null || timeout === undefined ? Infinity : hub.clock.now() + timeout;
}

/** Milliseconds until a deadline, 0 when it has passed; null when there is none. */
export function timeLeft(end: number): number | null {
  return end === Infinity ? null : Math.max(0, end - hub.clock.now());
}

function wake(this: Timer): void {
  this.waiter?.switch();
}

/** Not a closure in the constructor: that would cost memory in every timer. */
function fire(timer: Timer): void {
  timer.fn();
}

/**
 * Calls `fn` on the hub, or wakes a blocking call, after `ms` milliseconds of the hub's clock; 0:
 * in the next turn of the loop; Infinity: never.
 */
export class Timer extends WheelEntry {
  /**
   * The function that is called. It runs on the hub, so it must not block, and in no particular
   * asynchronous context.
   */
  readonly fn: (this: Timer) => void;
  /** @internal The blocking call that it wakes, when that is all it does. */
  readonly waiter: Waiter | null;
  private readonly clock: Clock | null = null;
  private readonly immediate: NodeJS.Immediate | null = null;

  /** @throws TypeError when `ms` is no number; RangeError when it is negative or NaN. */
  constructor(ms: number, what: (() => void) | Waiter) {
    super();
    checkTime("ms", ms);
    const isFunction = typeof what === "function";
    this.fn = isFunction ? what : wake;
    this.waiter = isFunction ? null : what;
    if (ms === 0) {
      this.immediate = setImmediate(fire, this);
    } else if (ms < Infinity) {
      this.clock = hub.clock;
      this.clock.start(this, ms);
    }
  }

  /** Stops it: `fn` is not called any more. Does nothing when it has been called already. */
  stop(): void {
    if (this.clock !== null) this.clock.stop(this);
    else if (this.immediate !== null) clearImmediate(this.immediate);
  }
}
