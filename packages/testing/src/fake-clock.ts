import { type Clock, getHub, type Timer, Waiter } from "@greenlit/core";
import { checkOptions, checkTime } from "@greenlit/core/blocking-call";
import { PendingWork, unseen } from "./pending-work.js";

export interface FakeClockOptions {
  /**
   * Whether time moves by itself when nothing else is left to do; else `advance` alone moves it.
   * Default: true.
   */
  readonly auto?: boolean;
  /**
   * Real milliseconds in which nothing happens before time moves although a socket, a server or a
   * child is open that might have something to say, and before a deadlock is told. Default: 20.
   */
  readonly silence?: number;
}

/** How many turns of the loop must go by in which nothing runs. */
const STILL = 3;

/**
 * As many milliseconds between two looks count as silence. If they are further apart, the thread
 * stood still, and has yet to hear of what came meanwhile.
 */
const LONGEST_STEP = 5;

// The real ones: a test may replace the globals.
const { setImmediate, clearImmediate, setTimeout, clearTimeout } = globalThis;

/**
 * A clock of the hub that stands still while anybody has anything to do. When every greenlet is
 * parked, and neither I/O nor a timer of Node's is pending, it jumps to the next deadline: hours of
 * `sleep` take no time, and always happen in the same order. If there is no deadline either, that
 * is a deadlock, told as core tells it: a LoopExit in the greenlet of `run`.
 *
 * It is the time of greenlets only: of `sleep`, every `timeout`, `spawnLater`, `after`. `Date`,
 * `performance.now` and Node's own timers are real. What was open or on its way before the clock
 * was installed is not waited for.
 */
export class FakeClock implements Clock, Disposable {
  private readonly auto: boolean;
  private readonly silence: number;
  private readonly previous: Clock;
  private readonly work = new PendingWork();
  /** In the order in which they fire. */
  private readonly waiting: Timer[] = [];
  private readonly advances: { readonly until: number; readonly waiter: Waiter }[] = [];
  private time: number;
  private installed = true;
  private seen = 0;
  private still = 0;
  /** For how many real milliseconds nothing has been seen to happen. */
  private quiet = 0;
  private lastLook = performance.now();
  private stopLooking: () => void = () => {};

  /** @internal Use `fakeClock`. */
  constructor(options: FakeClockOptions = {}) {
    checkOptions("fakeClock", options, ["auto", "silence"]);
    const { auto = true, silence = 20 } = options;
    checkTime("silence", silence);
    const hub = getHub();
    this.auto = auto;
    this.silence = silence;
    this.previous = hub.clock;
    // Whole, so that sums of whole numbers stay exact.
    this.time = Math.ceil(this.previous.now());
    hub.clock = this;
    hub.now = this.time;
    this.work.enable();
    this.lookSoon();
  }

  /** Milliseconds. */
  now(): number {
    return this.time;
  }

  get pending(): number {
    return this.waiting.length;
  }

  timers(): Iterable<Timer> {
    return this.waiting;
  }

  start(timer: Timer, ms: number): void {
    timer.deadline = this.time + ms;
    this.waiting.splice(this.placeBehind(timer.deadline), 0, timer);
  }

  stop(timer: Timer): void {
    if (!this.installed) return this.previous.stop(timer); // it was handed over
    for (let at = this.placeBehind(timer.deadline) - 1; at >= 0; at--) {
      if (this.waiting[at] === timer) return void this.waiting.splice(at, 1);
      if ((this.waiting[at] as Timer).deadline < timer.deadline) return;
    }
  }

  /**
   * Blocks the greenlet while time moves by `ms`: everything that is due on the way happens, each
   * thing at its time, and whatever follows from it up to then. Returns when all the others are
   * parked again.
   * @throws BlockingSwitchOutError on the hub; RangeError unless `ms` is 0 or more and finite.
   */
  advance(ms: number): void {
    checkTime("ms", ms);
    if (ms === Infinity) {
      throw new RangeError(`ms must be a number of milliseconds, 0 or more, not ${String(ms)}`);
    }
    const mine = { until: this.time + ms, waiter: new Waiter("FakeClock.advance") };
    this.advances.push(mine);
    this.advances.sort((a, b) => a.until - b.until);
    try {
      mine.waiter.wait();
    } finally {
      const at = this.advances.indexOf(mine);
      if (at >= 0) this.advances.splice(at, 1);
    }
  }

  /**
   * Puts the clock back that was there before. Timers that are pending go on there, with what is
   * left of their time.
   */
  uninstall(): void {
    if (!this.installed) return;
    this.installed = false;
    this.stopLooking();
    this.work.disable();
    const hub = getHub();
    hub.clock = this.previous;
    hub.now = this.previous.now();
    for (const timer of this.waiting.splice(0)) {
      this.previous.start(timer, Math.max(timer.deadline - this.time, Number.MIN_VALUE));
    }
  }

  [Symbol.dispose](): void {
    this.uninstall();
  }

  /** Where a timer belongs that is set now: behind those with the same deadline. */
  private placeBehind(deadline: number): number {
    let [low, high] = [0, this.waiting.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.waiting[middle] as Timer).deadline <= deadline) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private lookSoon(): void {
    const next = unseen(() => setImmediate(this.look));
    this.stopLooking = () => clearImmediate(next);
  }

  private lookLater(): void {
    // Timers fire before the loop handles the I/O that is ready: no look at a timer is the last.
    this.still = 0;
    const next = unseen(() => setTimeout(this.look, 1));
    if (this.waiting.length === 0 && this.advances.length === 0) next.unref();
    this.stopLooking = () => clearTimeout(next);
  }

  private readonly look = (): void => {
    const { work } = this;
    const now = performance.now();
    this.quiet += Math.min(now - this.lastLook, LONGEST_STEP);
    this.lastLook = now;
    if (getHub().busy || work.activity !== this.seen) {
      this.seen = work.activity;
      this.still = 0;
      this.quiet = 0;
    }
    if (this.still++ < STILL) return this.lookSoon();
    const silent = this.quiet >= this.silence;
    if (work.ending || this.previous.pending > 0 || (work.open && !silent)) return this.lookLater();
    try {
      if (this.move()) this.still = 0;
      else if (silent && !work.open && this.waiting.length === 0) getHub().reportDeadlock();
    } finally {
      if (this.installed && this.still === 0) this.lookSoon();
      else if (this.installed) this.lookLater();
    }
  };

  /** Goes to the next moment at which anything happens; false if there is none. */
  private move(): boolean {
    const timer = this.waiting[0]?.deadline ?? Infinity;
    const advance = this.advances[0];
    if (advance !== undefined && advance.until < timer) {
      this.time = advance.until;
      this.advances.shift();
      advance.waiter.switch();
      return true;
    }
    if (timer === Infinity || (!this.auto && advance === undefined)) return false;
    this.time = Math.max(this.time, timer);
    this.fire();
    return true;
  }

  private fire(): void {
    while (this.installed && (this.waiting[0]?.deadline ?? Infinity) <= this.time) {
      this.waiting.shift()?.fn();
    }
  }
}

/**
 * Gives the hub of this thread a fake clock: `using clock = fakeClock()`, or call `uninstall` at
 * the end.
 */
export function fakeClock(options?: FakeClockOptions): FakeClock {
  return new FakeClock(options);
}

/**
 * Calls `fn` with a fake clock on the hub, and puts the former one back when it has ended; where
 * `fn` returns a promise, when that is settled.
 * @returns what `fn` returns.
 */
export function withFakeClock<T>(fn: (clock: FakeClock) => T, options?: FakeClockOptions): T {
  const clock = new FakeClock(options);
  let value: T;
  try {
    value = fn(clock);
  } catch (error) {
    clock.uninstall();
    throw error;
  }
  if (typeof (value as { then?: unknown } | null | undefined)?.then !== "function") {
    clock.uninstall();
    return value;
  }
  return Promise.resolve(value).finally(() => clock.uninstall()) as T;
}
