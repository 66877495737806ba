import { onAbort } from "./abort.js";
import { BlockingSwitchOutError, InvalidSwitchError } from "./errors.js";
import type { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";
import { Timeout } from "./timeout.js";
import { checkTimeout, Timer } from "./timer.js";
import { Entry } from "./wait-list.js";

/** What every blocking call takes. */
export interface WaitOptions {
  /** Milliseconds to wait at most; null or absent: for ever; 0: until the next turn of the loop. */
  readonly timeout?: number | null | undefined;
  /** Ends the wait with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * What every blocking call does with its options before anything else, also when it then need not block.
 * @throws RangeError for a timeout that is negative or no number; the reason of a signal that has been aborted.
 */
export function checkWait(options: WaitOptions | undefined): void {
  if (options === undefined) return;
  checkTimeout("timeout", options.timeout);
  options.signal?.throwIfAborted();
}

/** The greenlet that calls `what`, which blocks. @throws BlockingSwitchOutError where there is none that could. */
export function blocker(what: string): Greenlet {
  const greenlet = hub.current;
  if (greenlet === null) throw new BlockingSwitchOutError(what);
  if (hub.exiting) throw new BlockingSwitchOutError(what, "the process is exiting");
  if (greenlet.state === "done") {
    throw new BlockingSwitchOutError(
      what,
      "the greenlet has ended, and this handler runs at its end",
    );
  }
  return greenlet;
}

type State = "pending" | "woken" | "failed" | "expired";

/**
 * One blocking call of one greenlet: made where the call begins, settled once by whoever ends it, and
 * waited for. Every call of greenlit that blocks is built on this.
 *
 * ```ts
 * function stat(path: string): Stats {
 *   const waiter = new Waiter<Stats>("stat");
 *   fs.stat(path, (error, stats) => (error ? waiter.throw(error) : waiter.switch(stats)));
 *   return waiter.wait();
 * }
 * ```
 */
export class Waiter<T = void> extends Entry<T> {
  /** The call that blocks. */
  readonly what: string;
  /** Whose call it is. */
  readonly greenlet: Greenlet;
  /** @internal When it began to wait, in milliseconds of the hub's clock. */
  since = 0;

  private state: State = "pending";
  private outcome: T | unknown = undefined;

  /** @throws BlockingSwitchOutError when no greenlet runs. */
  constructor(what: string) {
    super();
    this.greenlet = blocker(what);
    this.what = what;
  }

  /** What the greenlet waits for, in words. */
  describe(): string {
    return this.what;
  }

  /** The greenlet that alone can end the wait, where that is known. */
  blockedBy(): Greenlet | null {
    return null;
  }

  /** True when it has been settled: by a value, an error, a timeout or an interrupt. */
  get settled(): boolean {
    return this.state !== "pending";
  }

  /** Ends the wait with a value; the greenlet is queued. Does nothing if it has ended already. */
  wake(value: T): void {
    if (this.settle("woken", value)) hub.schedule(this.greenlet);
  }

  /** Ends the wait with an error; the greenlet is queued. Does nothing if it has ended already. */
  fail(error: unknown): void {
    if (this.settle("failed", error)) hub.schedule(this.greenlet);
  }

  /** As `wake`, and lets the greenlet run at once. For the end of I/O and timer callbacks. */
  switch(value: T): void {
    if (this.settle("woken", value)) hub.switchTo(this.greenlet);
  }

  /** As `fail`, and lets the greenlet run at once. For the end of I/O and timer callbacks. */
  throw(error: unknown): void {
    if (this.settle("failed", error)) hub.switchTo(this.greenlet);
  }

  /** @internal As `switch`, for who switches by itself: whether the greenlet is parked here, and is to go on. */
  take(value: T): boolean {
    return this.settle("woken", value);
  }

  /**
   * Blocks until it is settled, and returns the value.
   * @throws the error it was settled with; Timeout after `timeout` milliseconds; the signal's reason;
   *   what the greenlet was killed with, and outer Timeouts.
   */
  wait(options?: WaitOptions): T {
    if (this.settles(options)) return this.outcome as T;
    throw Timeout.expired(options?.timeout as number, this.describe());
  }

  /** As `wait`, but answers false when its own `timeout` has passed, instead of throwing. */
  settles(options?: WaitOptions): boolean {
    if (this.state === "pending") {
      try {
        this.park(options);
      } catch (error) {
        this.settle("failed", error);
      }
    }
    if (this.state === "failed") throw this.outcome;
    return this.state === "woken";
  }

  private park(options: WaitOptions | undefined): void {
    const { greenlet } = this;
    if (greenlet.noSwitches > 0) throw insideNoSwitch(this.describe());
    checkParking(greenlet, this.what);
    checkWait(options);
    const timeout = options?.timeout;
    const signal = options?.signal;

    const timer = timeout === null || timeout === undefined ? null : this.expireAfter(timeout);
    const unlisten = signal === undefined ? null : this.failWith(signal);
    greenlet.waiter = this as Waiter<unknown>;
    this.since = hub.now;
    try {
      do {
        hub.park();
        hub.probe?.(stackHere());
      } while (this.state === "pending");
    } finally {
      greenlet.waiter = null;
      timer?.stop();
      unlisten?.();
    }
  }

  /** It waits no longer: takes it out of wherever it waits. */
  protected leave(): void {
    this.list?.remove(this);
  }

  // Closures of their own methods: in `park` they would cost every call its scope, with a timeout or without.

  private expireAfter(timeout: number): Timer {
    return new Timer(timeout, () => {
      if (this.settle("expired", undefined)) hub.switchTo(this.greenlet);
    });
  }

  private failWith(signal: AbortSignal): () => void {
    return onAbort(signal, () => this.fail(signal.reason));
  }

  /** True when the greenlet is parked in this call, and must be resumed to see the outcome. */
  private settle(state: State, outcome: unknown): boolean {
    if (this.state !== "pending") return false;
    this.state = state;
    this.outcome = outcome;
    this.leave();
    return this.greenlet.waiter === (this as Waiter<unknown>);
  }
}

function insideNoSwitch(what: string): InvalidSwitchError {
  return new InvalidSwitchError(`${what} would switch, inside noSwitch`);
}

/** @throws what a blocking call throws that cannot begin. */
function checkParking(greenlet: Greenlet, what: string): void {
  greenlet.throwInterrupt();
  const why = hub.whyNotPark();
  if (why !== null) throw new BlockingSwitchOutError(what, why);
}

/** Gives everyone who is ready a turn, once. @throws what the greenlet was interrupted with meanwhile. */
export function giveWay(what: string): void {
  const greenlet = blocker(what);
  if (greenlet.noSwitches > 0) throw insideNoSwitch(what);
  checkParking(greenlet, what);
  hub.park(true);
  // Nobody wakes it, so it has no Waiter; what interrupts it is kept until it runs again.
  greenlet.throwInterrupt();
}

/**
 * What a blocking call does first that will not have to wait, before it takes anything: a greenlet that always finds what
 * it asks for gives the others, and Node's loop, a turn when it has used up the budget of its own. Not for calls that can
 * never block, nor in the clean-up of one that was killed: these go through, or `finally` could not rely on them.
 * @throws what the greenlet was interrupted with meanwhile.
 */
export function passBy(what: string): void {
  if (--hub.passes <= 0 && hub.overBudget()) giveWay(what);
}

function stackHere(): string {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, Waiter.prototype.settles);
  return (holder.stack ?? "").split("\n").slice(1).join("\n");
}
