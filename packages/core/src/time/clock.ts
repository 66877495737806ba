import { AsyncResource } from "node:async_hooks";
import { performance } from "node:perf_hooks";
import { clearTimeout, setImmediate, setTimeout } from "./node-timers.js";
import { Wheel, type WheelEntry } from "./wheel.js";

/** What a clock calls when its time has come. Every alarm is a `Timer`. */
export interface Alarm extends WheelEntry {
  fn(): void;
}

/**
 * The source of time for everything that greenlets wait for: `getHub().clock`. A test may put
 * another clock there.
 *
 * - `now` never goes back.
 * - `start` sets the timer's `deadline` to `now()` plus `ms`, which is above 0 and finite. When
 *   `now()` has reached it, and never earlier, `timer.fn` is called on the hub, once: earlier
 *   deadlines first, equal ones in the order of `start`.
 * - `stop` forgets a timer at once, and does nothing for one that is not pending.
 * - While a timer is pending the process does not end.
 */
export interface Clock {
  /** Milliseconds since some moment, with fractions. */
  now(): number;
  start(timer: Alarm, ms: number): void;
  stop(timer: Alarm): void;
  /**
   * While timers are being called: the one that comes next, or null. A clock that has this lets
   * greenlets that timers wake hand over to each other.
   */
  upcoming?(): Alarm | null;
  /** All timers that have neither fired nor been stopped, in no order. */
  timers(): Iterable<Alarm>;
  /** How many those are. */
  readonly pending: number;
}

/** Node's timers count in 32 bits; a longer time is waited for in several pieces. */
const LONGEST = 2 ** 31 - 1;

/**
 * The real time, as `performance.now` tells it: a wheel of timers over a single timer of Node's.
 */
export class LoopClock implements Clock {
  private readonly wheel = new Wheel<Alarm>();
  private timeout: NodeJS.Timeout | null = null;
  /** When Node's timer, or an immediate, calls `expire` next; Infinity when nothing will. */
  private wakes = Infinity;
  private firing = false;
  /**
   * The scope of Node's timer. Without it, the timer would keep the asynchronous context of the
   * code that started it first.
   */
  private readonly scope = new AsyncResource("GreenletClock");

  get pending(): number {
    return this.wheel.length;
  }

  now(): number {
    return performance.now();
  }

  timers(): Iterable<Alarm> {
    return this.wheel;
  }

  start(timer: Alarm, ms: number): void {
    const { wheel } = this;
    const now = performance.now();
    timer.deadline = now + ms;
    wheel.add(timer, now);
    if (this.firing) return;
    if (timer.deadline < this.wakes) this.wakeAt(timer.deadline);
    else if (wheel.length === 1) this.timeout?.ref();
  }

  stop(timer: Alarm): void {
    // Node's timer stays where it is, and is used again by the next one: most timers are stopped
    // soon.
    if (this.wheel.remove(timer) && this.wheel.length === 0) this.timeout?.unref();
  }

  upcoming(): Alarm | null {
    return this.firing ? this.wheel.firstDue : null;
  }

  private wakeAt(time: number): void {
    this.wakes = time;
    this.scope.runInAsyncScope(this.arm, this);
  }

  private arm(): void {
    if (this.timeout !== null) clearTimeout(this.timeout);
    const ms = Math.min(Math.max(Math.ceil(this.wakes - performance.now()), 1), LONGEST);
    this.timeout = setTimeout(this.expire, ms);
  }

  private readonly expire = (): void => {
    const { wheel } = this;
    const start = performance.now();
    this.timeout = null;
    wheel.expire(start);
    this.firing = true;
    try {
      // All that were due at the start, as Node does: greenlets that end make room for those that
      // begin. With a limit to this, 100,000 short sleeps took a third longer, and twice the
      // memory.
      for (let timer = wheel.take(); timer !== null; timer = wheel.take()) timer.fn();
    } finally {
      // In `finally`: one may throw, and the process goes on if it handles uncaught exceptions.
      this.firing = false;
      if (wheel.firstDue !== null) {
        this.wakes = start;
        setImmediate(this.expire);
      } else {
        this.wakes = Infinity;
        // Node counts whole milliseconds of a time of its own, and may have been early.
        const next = wheel.next();
        if (next !== Infinity) this.wakeAt(next);
      }
    }
  };
}
