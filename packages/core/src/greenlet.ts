import { AsyncResource } from "node:async_hooks";
import type { Domain } from "node:domain";
import { RawGreenlet, root } from "@greenlit/switcher";
import { GreenletExit, InvalidSwitchError, isExit } from "./errors.js";
import { userFrame, userFrames } from "./frames.js";
import { config } from "./config.js";
import { hub } from "./hub.js";
import { Links } from "./links.js";
import { type Entry, WaitList } from "./wait-list.js";
import { checkTimeout, Timer } from "./timer.js";
import { checkWait, passBy, Waiter, type WaitOptions } from "./waiter.js";

/**
 * Where a greenlet is in its life.
 *
 * ```
 *   queued ──▶ running ◀──▶ parked
 *     ▲ │         │ │          │
 *     │ │         │ └──────────┼─ yields, or is woken: queued again
 *     └─┼─────────┼────────────┘
 *       └─▶ done ◀┘
 * ```
 *
 * | field       | set in                                                            |
 * | ----------- | ----------------------------------------------------------------- |
 * | `waiter`    | parked, and queued after it was woken: the call that blocks        |
 * | `killed`    | any but done: what `kill` threw; thrown again at each blocking call |
 * | `value`     | done, successful                                                  |
 * | `exception` | done, failed                                                      |
 */
export type GreenletState = "queued" | "running" | "parked" | "done";

/** How a greenlet is killed. */
export interface KillOptions extends WaitOptions {
  /** Wait for its end: true. `timeout` and `signal` are of that wait. */
  readonly block?: boolean | undefined;
  /**
   * Milliseconds that clean-up in `shield` may take: after them the error comes through the shield. null: as long as
   * it takes.
   */
  readonly grace?: number | null | undefined;
}

/** A call that waits for the end of a greenlet. */
class Joiner extends Waiter {
  private readonly target: Greenlet;

  constructor(what: string, target: Greenlet) {
    super(what);
    this.target = target;
  }

  override describe(): string {
    return `${this.what} of ${this.target.name}`;
  }

  override blockedBy(): Greenlet {
    return this.target;
  }
}

function runTask(greenlet: Greenlet): void {
  greenlet.runTask();
}

/** The resource is destroyed when the greenlet ends, not when it is collected. */
const MANUAL = { requireManualDestroy: true };

/** A stack that is formatted only when somebody looks. */
function captureSite(): { stack?: string } {
  hub.sitesLeft--;
  const site = {};
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 4;
  Error.captureStackTrace(site, Greenlet);
  Error.stackTraceLimit = stackTraceLimit;
  return site;
}

/** Says in the error's stack, which ends where the greenlet began, who spawned it. */
function addSite(error: unknown, site: string | undefined): void {
  const frames = userFrames(site);
  if (frames.length === 0 || !(error instanceof Error)) return;
  try {
    if (typeof error.stack !== "string") return;
    // Unlike an assignment, this does not throw where the stack is read-only.
    Reflect.set(error, "stack", [error.stack, "    -- spawned --", ...frames].join("\n"));
  } catch {
    // A stack that cannot even be read stays as it is.
  }
}

/** A function that runs on a stack of its own, beside others, on one thread. Made by `spawn`. */
export class Greenlet<T = unknown> implements PromiseLike<T>, Disposable {
  /** Small, unique among living greenlets, used again after the greenlet has ended. */
  readonly id: number = hub.ids.take();
  /** The greenlet that spawned this one; null for one spawned from the hub, and once this one has ended. */
  get spawnedBy(): Greenlet | null {
    return this.spawner;
  }

  /** Does not keep the process from ending, nor count in a deadlock. */
  daemon = false;

  /** @internal */
  state: GreenletState = "queued";
  /** @internal The blocking call it is in. */
  waiter: Waiter<unknown> | null = null;
  /** @internal Depth of shield() calls. While above 0, interrupts are kept for later. */
  shields = 0;
  /** @internal Depth of noSwitch() calls. */
  noSwitches = 0;
  /** @internal Milliseconds of the hub's clock when it was spawned. */
  readonly born: number = hub.now;
  /** @internal Made by run(): a deadlock is thrown into it. */
  isMain = false;
  /** @internal Called when it ends, on the stack it ends on; must not block or throw. */
  onEnd: (() => void) | null = null;
  /** @internal Values of local()s. */
  locals: Map<object, unknown> | null = null;
  /** @internal Domains it is in, while it is parked; null before it has run, and where none are used. */
  domains: Domain[] | null = null;
  /** @internal */
  readonly resource: AsyncResource = new AsyncResource("Greenlet", MANUAL);
  /** @internal Neighbours in the hub's list of living greenlets. */
  older: Greenlet | null = null;
  /** @internal */
  newer: Greenlet | null = null;

  private spawner: Greenlet | null = hub.current;
  private controller: AbortController | null = null;
  /** Until it is queued; later, for the grace of a kill. */
  private delay: Timer | null = null;
  private killed: { readonly error: unknown } | null = null;
  private graceIsOver = false;
  private interrupts: unknown[] | null = null;
  /** @internal Its stack; null before it has run and after its end. */
  raw: RawGreenlet | null = null;
  private fn: ((...args: unknown[]) => T) | null;
  private args: readonly unknown[] | null;
  private readonly fnName: string;
  private givenName: string | null = null;
  private outcome: T | unknown = undefined;
  private failed = false;
  private hasRun = false;
  private joiners: WaitList | null = null;
  // Not `this`: a Greenlet<T> could then not be used as a Greenlet<unknown>.
  private links: Links<never> | null = null;
  private promised: Promise<T> | null = null;
  private observed = false;
  private site: { stack?: string } | null = hub.sitesLeft > 0 ? captureSite() : null;

  /**
   * Queues `fn(...args)`; it runs when the current greenlet blocks or ends.
   * @param delay milliseconds until then.
   */
  constructor(fn: (...args: never[]) => T, args: readonly unknown[] = [], delay: number = 0) {
    if (typeof fn !== "function") {
      throw new TypeError(`fn must be a function, not ${String(fn)}`);
    }
    checkTimeout("delay", delay);
    // Here, where it can still tell the spawner; and not in the middle of the first switch.
    hub.open();
    this.fn = fn as (...args: unknown[]) => T;
    this.fnName = fn.name;
    this.args = args;
    hub.enter(this as Greenlet);
    if (delay === 0) hub.schedule(this as Greenlet);
    else this.delay = new Timer(delay, () => hub.schedule(this as Greenlet));
  }

  /** For people. Default: the name of the function and the id. */
  get name(): string {
    return (this.givenName ??= `${this.fnName || "greenlet"}-${this.id}`);
  }

  set name(name: string) {
    this.givenName = name;
  }

  /** True when it has begun to run. */
  get started(): boolean {
    return this.hasRun;
  }

  /** True when it has ended, in whatever way. */
  get ready(): boolean {
    return this.state === "done";
  }

  /** The same as `ready`, in the raw layer's word. */
  get dead(): boolean {
    return this.state === "done";
  }

  /** True when it returned, or let a GreenletExit pass. */
  get successful(): boolean {
    return this.state === "done" && !this.failed;
  }

  /** What it returned (the GreenletExit, if it ended by one); undefined while it runs, or if it failed. */
  get value(): T | undefined {
    return this.failed ? undefined : (this.outcome as T | undefined);
  }

  /** What it threw; undefined while it runs and if it was successful. */
  get exception(): unknown {
    return this.failed ? this.outcome : undefined;
  }

  /** Aborts, with the error, when the greenlet is killed: for APIs that take a signal. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.killed !== null) this.controller.abort(this.killed.error);
    }
    return this.controller.signal;
  }

  /** Where it was spawned: "at fn (file:line:column)", or "" when that is not recorded, or it ended well. */
  get spawnSite(): string {
    return userFrame(this.site?.stack);
  }

  /**
   * Waits for the end, and returns the value.
   * @throws the greenlet's error, the same object each time.
   * @throws Timeout after `timeout` milliseconds, or the signal's reason; the greenlet goes on.
   */
  get(options?: WaitOptions): T {
    checkWait(options);
    this.observe();
    if (this.state === "done") passBy("Greenlet.get");
    else this.waitForEnd("Greenlet.get").wait(options);
    if (this.failed) throw this.outcome;
    return this.outcome as T;
  }

  /**
   * Waits for the end. Never throws the greenlet's error.
   * @returns whether it has ended; false when `timeout` milliseconds passed first.
   */
  join(options?: WaitOptions): boolean {
    return this.joinFor("Greenlet.join", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  joinFor(what: string, options: WaitOptions | undefined): boolean {
    checkWait(options);
    this.observe();
    if (this.state === "done") {
      passBy(what);
      return true;
    }
    return this.waitForEnd(what).settles(options);
  }

  /**
   * Throws `error` at the blocking call the greenlet is in, or at its next one; one that has not started
   * never will. A greenlet that swallows the error gets it again at its next blocking call, except inside
   * `shield` and before its `grace` is over. On itself: throws right here.
   * `block: false` does not wait; `timeout` and `signal` end the wait, and it has been killed all the same.
   * @throws BlockingSwitchOutError on the hub, unless told not to block.
   * @throws RangeError for a negative or NaN timeout or grace.
   */
  kill(
    error: unknown = new GreenletExit(),
    { block = true, grace, ...wait }: KillOptions = {},
  ): void {
    checkTimeout("timeout", wait.timeout);
    checkTimeout("grace", grace);
    if (this.state === "done") return;
    const isMe = hub.current === (this as Greenlet);
    const waiter = block && !isMe ? this.waitForEnd("Greenlet.kill") : null;
    if (!isMe) this.observe();
    this.controller?.abort(error);
    if (this.raw === null) {
      this.end(error, !isExit(error));
    } else {
      this.killed = { error };
      if (grace !== undefined && grace !== null) this.limitShield(error, grace);
      if (isMe) throw error;
      if (this.shields === 0) this.waiter?.fail(error);
    }
    waiter?.settles(wait);
  }

  /** @internal As a source of select. */
  poll(): { readonly value: T } | null {
    return this.state === "done" ? { value: this.get() } : null;
  }

  /** @internal */
  enlist(entry: Entry): void {
    this.observe();
    (this.joiners ??= new WaitList()).add(entry);
  }

  /** @internal */
  result(): T {
    return this.get();
  }

  /** @internal Throws `error` at the blocking call it is in, or once at the next one. */
  interrupt(error: unknown): void {
    if (this.shields === 0 && this.waiter !== null && !this.waiter.settled)
      this.waiter.throw(error);
    else if (this.state !== "done") (this.interrupts ??= []).push(error);
  }

  /** @internal It need not be thrown any more. */
  forgetInterrupt(error: unknown): void {
    if (this.interrupts !== null) this.interrupts = this.interrupts.filter((e) => e !== error);
  }

  /** @internal What a blocking call does first: throws what it was to be interrupted with. */
  throwInterrupt(): void {
    if (this.shields > 0 && !this.graceIsOver) return;
    if (this.killed !== null) throw this.killed.error;
    if (this.interrupts !== null && this.interrupts.length > 0) throw this.interrupts.shift();
  }

  /** Calls `fn` on the hub, where it must not block, when the greenlet has ended; at once if it has. */
  link(fn: (greenlet: this) => void): void {
    this.observe();
    (this.links ??= new Links()).add(fn);
    if (this.state === "done") this.fireLinks();
  }

  /** Takes a link back. */
  unlink(fn: (greenlet: this) => void): void {
    this.links?.remove(fn);
  }

  /** A greenlet can be awaited: `await spawn(...)` in asynchronous code. */
  // oxlint-disable-next-line unicorn/no-thenable -- being awaitable is the point
  then<R1 = T, R2 = never>(
    onValue?: ((value: T) => R1 | PromiseLike<R1>) | null,
    onError?: ((error: unknown) => R2 | PromiseLike<R2>) | null,
  ): Promise<R1 | R2> {
    this.promised ??= new Promise((resolve, reject) => {
      this.link(() => (this.failed ? reject(this.outcome) : resolve(this.outcome as T)));
    });
    return this.promised.then(onValue, onError);
  }

  /** `using g = spawn(...)` waits for it at the end of the block. */
  [Symbol.dispose](): void {
    this.join();
  }

  /** @internal Goes to the greenlet's stack; only the hub calls this. */
  transfer(): void {
    if (this.raw !== null) {
      this.raw.switch();
      return;
    }
    const raw = new RawGreenlet(runTask, root());
    this.raw = raw;
    try {
      raw.switch(this);
    } catch (error) {
      // No memory for a stack: it has not run.
      this.end(error, true);
    }
  }

  /** @internal What runs on the greenlet's stack. */
  runTask(): void {
    const fn = this.fn as (...args: unknown[]) => T;
    const args = this.args as readonly unknown[];
    this.fn = this.args = null;
    this.hasRun = true;
    this.state = "running";
    const raw = this.raw as RawGreenlet;
    let outcome: unknown;
    let failed = false;
    try {
      outcome = fn(...args);
    } catch (error) {
      outcome = error;
      failed = !isExit(error);
    }
    this.end(outcome, failed);
    const next = hub.successor();
    if (next !== null) raw.parent = next.raw as RawGreenlet; // else the root
  }

  private end(outcome: unknown, failed: boolean): void {
    this.fn = this.args = null;
    this.outcome = outcome;
    this.failed = failed;
    this.state = "done";
    this.raw = null;
    this.waiter = null;
    this.locals = null;
    this.delay?.stop();
    this.resource.emitDestroy();
    hub.ids.giveBack(this.id);
    hub.leave(this as Greenlet);
    if (failed && config.errorSites) addSite(outcome, this.site?.stack);
    this.onEnd?.();
    this.joiners?.wakeAll();
    this.joiners = null;
    if (this.links !== null) this.fireLinks();
    if (failed && !this.observed && !hub.tellDomain(outcome)) {
      hub.unobserved.add(this as Greenlet);
      hub.report(this as Greenlet, outcome);
    }
    // Or a chain of greenlets, each spawning the next, would keep all that came before: a stack that is
    // not formatted yet holds the greenlet it was captured in.
    this.spawner = null;
    const stack = failed ? this.site?.stack : undefined;
    this.site = stack === undefined ? null : { stack };
  }

  /** @internal It was killed, and cleans up. */
  get dying(): boolean {
    return this.killed !== null;
  }

  /** @internal Somebody will hear how it ended. */
  observe(): void {
    if (this.observed) return;
    this.observed = true;
    hub.unobserved.delete(this as Greenlet);
  }

  /** An error in a link is this greenlet's. */
  private fireLinks(): void {
    this.links?.fire(this as never, (fn) => {
      try {
        fn(this as never);
      } catch (error) {
        hub.report(this as Greenlet, error);
      }
    });
  }

  private limitShield(error: unknown, grace: number): void {
    this.delay?.stop();
    this.delay = new Timer(grace, () => {
      this.graceIsOver = true;
      this.waiter?.fail(error);
    });
  }

  private waitForEnd(what: string): Waiter<void> {
    if (hub.current === (this as Greenlet)) {
      throw new InvalidSwitchError(`${what}: a greenlet cannot wait for its own end`);
    }
    return (this.joiners ??= new WaitList()).add(new Joiner(what, this as Greenlet));
  }
}
