import { onAbort } from "../node/abort.js";
import { responseHere } from "../node/open-responses.js";
import { BlockingSwitchOutError, InvalidSwitchError } from "../errors.js";
import { placed, placeHere, Site } from "../traces/frames.js";
import type { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";
import { Timeout } from "./timeout.js";
import { Timer } from "./timer.js";
import { Entry } from "./wait-list.js";
import { checkWait, type WaitOptions } from "../wait-options.js";

const FOREIGN =
  "a greenlet runs that is not one of this copy of greenlit: it was started by one in another realm (a vm context), or " +
  "as a RawGreenlet";

const IN_HANDLER =
  "this is the handler of an HTTP server, which runs on the hub, outside any greenlet. " +
  "Write green((req, res) => ...) around it, or serve with serve(), both of greenlit/net";

/**
 * The greenlet that calls `what`, which blocks.
 * @throws BlockingSwitchOutError when no greenlet runs, or when it cannot block any more.
 */
export function blocker(what: string): Greenlet {
  const greenlet = hub.current;
  if (greenlet === null) {
    const onHub = responseHere() === undefined ? undefined : IN_HANDLER;
    throw new BlockingSwitchOutError(what, hub.foreign ? FOREIGN : onHub);
  }
  if (hub.exiting) throw new BlockingSwitchOutError(what, "the process is exiting");
  if (greenlet.state === "done") {
    throw new BlockingSwitchOutError(
      what,
      "the greenlet has ended, and this handler runs at its end",
    );
  }
  return greenlet;
}

/**
 * Whether a call may block here: a greenlet runs, and can be suspended. For calls that have another
 * way where they must not; `blocker` says why.
 */
export function mayBlock(): boolean {
  const greenlet = hub.current;
  if (greenlet === null || hub.exiting || greenlet.state === "done") return false;
  return hub.whyNotPark() === null;
}

/**
 * Whether the main module of the program runs (see `beginProgram`) and is all there is: it has not
 * waited yet, no other greenlet lives, and none waits for a time. Then nobody gains if others may
 * run in the middle of it, and callbacks of its own do not expect to. For calls that cannot wait
 * long.
 */
export function isAlone(): boolean {
  return hub.current !== null && hub.alone;
}

/**
 * The running greenlet is the program: it is about to run the main module.
 * @param isAskedToEnd whether a signal waits for the loop, to end the program: then the loop must
 *   have its turn.
 */
export function beginProgram(isAskedToEnd: () => boolean): void {
  hub.program = hub.current;
  hub.isAskedToEnd = isAskedToEnd;
  programRuns();
}

/** The first line of the main module is next. To find and read it may have taken waiting. */
export function programRuns(): void {
  if (hub.current === hub.program) hub.everParked = false;
}

type State = "pending" | "woken" | "failed" | "expired";

/**
 * One blocking call of one greenlet. The call makes it and waits for it; the code that ends the
 * call settles it, once. Every blocking call of greenlit is built on this.
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
  /** The greenlet whose call it is. */
  readonly greenlet: Greenlet;
  /** @internal When it began to wait, in milliseconds of the hub's clock. */
  since = 0;

  private state: State = "pending";
  private outcome: T | unknown = undefined;

  /** @throws BlockingSwitchOutError when no greenlet runs, or when it cannot block any more. */
  constructor(what: string) {
    super();
    this.greenlet = blocker(what);
    this.what = what;
  }

  /** What the greenlet waits for, in words. */
  describe(): string {
    return this.what;
  }

  /** The one greenlet that can end the wait, if there is just one and it is known; else null. */
  blockedBy(): Greenlet | null {
    return null;
  }

  /**
   * @internal Gives up this wait, if it can, so that a ring of waiting greenlets goes on.
   * @returns whether it could.
   */
  concede(): boolean {
    return false;
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

  /**
   * @internal As `wake`, without queueing: the caller hands over to the greenlet.
   * @returns whether the greenlet is parked in this call.
   */
  wakeToFollow(value: T): boolean {
    return this.settle("woken", value);
  }

  /**
   * Blocks until it is settled, and returns the value.
   * @throws the error it was settled with; a Timeout after `timeout` milliseconds; the signal's
   *   reason; the error of a kill; an outer Timeout.
   */
  wait(options?: WaitOptions): T {
    if (this.tryWait(options)) return this.outcome as T;
    throw Timeout.expired(options?.timeout as number, this.describe());
  }

  /**
   * As `wait`, but returns true in place of the value, and false when its own `timeout` has passed.
   */
  tryWait(options?: WaitOptions): boolean {
    if (this.state === "pending") {
      try {
        this.park(options);
      } catch (error) {
        this.settle("failed", error);
      }
    }
    if (this.state === "failed") throw placed(this.outcome);
    return this.state === "woken";
  }

  private park(options: WaitOptions | undefined): void {
    const { greenlet } = this;
    if (greenlet.noSwitches > 0) throw insideNoSwitch(this.describe());
    checkParking(greenlet, this.what);
    checkWait(this.what, options);
    if (hub.loads.size > 0) {
      breakRing(this as Waiter<unknown>);
      if (this.state !== "pending") return;
    }
    const timeout = options?.timeout;
    const signal = options?.signal;

    const timer = timeout === null || timeout === undefined ? null : this.expireAfter(timeout);
    const unlisten = signal === null || signal === undefined ? null : this.failWith(signal);
    greenlet.waiter = this as Waiter<unknown>;
    this.since = hub.now;
    try {
      do {
        hub.park();
        hub.probe?.(new Site().someFrames.join("\n"));
      } while (this.state === "pending");
    } finally {
      greenlet.waiter = null;
      timer?.stop();
      unlisten?.();
    }
  }

  /** Takes it out of every list it waits in, because its wait is over. */
  protected leaveLists(): void {
    this.list?.remove(this);
  }

  // Closures in methods of their own: in `park` they would cost memory in every call, also in one
  // without a timeout.

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
    this.leaveLists();
    return this.greenlet.waiter === (this as Waiter<unknown>);
  }
}

/**
 * Called before a wait begins. If the greenlet would then wait for itself, through a ring of
 * others, the first waiter of the ring that can give up does so.
 */
function breakRing(waiter: Waiter<unknown>): void {
  const ring = [];
  const passed = new Set<Greenlet>();
  for (let at: Waiter<unknown> | null = waiter; at !== null && !at.settled;) {
    ring.push(at);
    const next: Greenlet | null = at.blockedBy();
    if (next === waiter.greenlet) {
      ring.some((one) => one.concede());
      return;
    }
    if (next === null || passed.has(next)) return;
    passed.add(next);
    at = next.waiter;
  }
}

function insideNoSwitch(what: string): InvalidSwitchError {
  return placeHere(new InvalidSwitchError(`${what} would switch, inside noSwitch`));
}

/**
 * @throws the error of a call that cannot block now: a kill, an interrupt, or
 *   BlockingSwitchOutError.
 */
function checkParking(greenlet: Greenlet, what: string): void {
  greenlet.throwInterrupt();
  const why = hub.whyNotPark();
  if (why !== null) throw new BlockingSwitchOutError(what, why);
}

/**
 * Has `wake` wake any number of greenlets, and lets them run at once, in one turn: for a callback
 * of Node's loop that brings news to many. Call it last there.
 */
export function wakeTogether(wake: () => void): void {
  hub.wakeTogether(wake);
}

/**
 * Gives every greenlet that is ready one turn.
 * @throws what the greenlet was interrupted with meanwhile.
 */
export function giveWay(what: string): void {
  const greenlet = blocker(what);
  if (greenlet.noSwitches > 0) throw insideNoSwitch(what);
  checkParking(greenlet, what);
  hub.park(true);
  // It has no Waiter, because nobody wakes it. So an interrupt is kept until it runs again.
  greenlet.throwInterrupt();
}

/**
 * The first step of a blocking call that need not wait, before it takes anything. A greenlet may
 * always find what it asks for; when it has used up the budget of its turn, this gives the others,
 * and Node's loop, a turn. It is not for calls that can never block. It does nothing in a greenlet
 * that was killed: `finally` relies on calls that need not wait.
 * @throws what the greenlet was interrupted with meanwhile.
 */
export function stayFair(what: string): void {
  if (--hub.callsUntilLook <= 0 && hub.overBudget()) giveWay(what);
}
