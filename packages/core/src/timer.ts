import type { Clock } from "./clock.js";
import { outOfRange } from "./errors.js";
import { hub } from "./hub.js";
import type { Waiter } from "./waiter.js";
import { WheelEntry } from "./wheel.js";

/** @throws RangeError unless `ms` is null, undefined or a number of milliseconds from 0 to Infinity. */
export function checkTimeout(name: string, ms: number | null | undefined): void {
  if (ms !== null && ms !== undefined && !(ms >= 0)) {
    throw outOfRange(name, "a number of milliseconds, 0 or more", ms);
  }
}

/** When `timeout` milliseconds from now will have passed; Infinity when there is no timeout. */
export function deadline(timeout: number | null | undefined): number {
  return timeout === null || timeout === undefined ? Infinity : hub.clock.now() + timeout;
}

/** Milliseconds until a deadline; null when there is none. */
export function left(end: number): number | null {
  return end === Infinity ? null : Math.max(0, end - hub.clock.now());
}

function wake(this: Timer): void {
  this.waiter?.switch();
}

/** Not a closure in the constructor, which would cost every timer its scope. */
function fire(timer: Timer): void {
  timer.fn();
}

/**
 * Calls `fn` on the hub, or wakes a blocking call, after `ms` milliseconds of the hub's clock; 0: in the next turn of the
 * loop; Infinity: never.
 */
export class Timer extends WheelEntry {
  /** What is called. On the hub, so it must not block; in the asynchronous context of nobody in particular. */
  readonly fn: (this: Timer) => void;
  /** @internal What it wakes, where it does nothing else. */
  readonly waiter: Waiter | null;
  private readonly clock: Clock | null = null;
  private readonly immediate: NodeJS.Immediate | null = null;

  constructor(ms: number, what: (() => void) | Waiter) {
    super();
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

  /** `fn` is not called any more. Harmless when it has been. */
  stop(): void {
    if (this.clock !== null) this.clock.stop(this);
    else if (this.immediate !== null) clearImmediate(this.immediate);
  }
}
