import { AsyncResource } from "node:async_hooks";
import type { Domain } from "node:domain";
import { isGreenletExit, RawGreenlet, root } from "@greenlit/switcher";
import { GreenletExit, InvalidSwitchError } from "../errors.js";
import { addToStack } from "../traces/error-stack.js";
import { placed, placeHere, Site } from "../traces/frames.js";
import { config } from "../config.js";
import { hub } from "./hub.js";
import { Links } from "./links.js";
import { open } from "./open.js";
import { settled } from "./promises.js";
import { type Entry, WaitList } from "./wait-list.js";
import { checkKill, type KillOptions } from "./kill-options.js";
import { Timer } from "./timer.js";
import { checkFunction, checkTime, checkWait, type WaitOptions } from "../wait-options.js";
import { stayFair, Waiter } from "./waiter.js";

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

/** An error for the greenlet's next blocking call, and who sent it. */
interface Interrupt {
  readonly error: unknown;
  readonly by: object | null;
}

/** In words, what a greenlet waits for when its function has returned a promise. */
const PROMISED = "the promise that its function returned";

function runTask(greenlet: Greenlet): void {
  greenlet.runTask();
}

/** The resource is destroyed when the greenlet ends, not when it is collected. */
const MANUAL = { requireManualDestroy: true };

/** So many frames say where it was spawned. One or two of them are greenlit's own. */
const SITE = 4;

function captureSite(): Site {
  hub.sitesLeft--;
  return new Site(Greenlet, SITE, 0);
}

/** A function that runs on a stack of its own, beside others, on one thread. Made by `spawn`. */
export class Greenlet<T = unknown> implements PromiseLike<T>, Disposable {
  /** For the compiler: what `select` takes from it. */
  declare readonly "~gives": () => T;
  /** Small, unique among living greenlets, used again after the greenlet has ended. */
  readonly id: number = hub.ids.take();
  /**
   * The greenlet that spawned this one. Null when the hub spawned it, and after this one has ended.
   */
  get spawnedBy(): Greenlet | null {
    return this.spawner;
  }

  /** True: the greenlet does not keep the process alive, and does not count in a deadlock. */
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
  /**
   * @internal The domains that it is in, kept while it is parked. Null before it has run, and in
   * programs without domains.
   */
  domains: Domain[] | null = null;
  /** @internal */
  readonly resource: AsyncResource = new AsyncResource("Greenlet", MANUAL);
  /** @internal Neighbours in the hub's list of living greenlets. */
  older: Greenlet | null = null;
  /** @internal */
  newer: Greenlet | null = null;

  private spawner: Greenlet | null = hub.current;
  private controller: AbortController | null = null;
  /** Queues it, if it was spawned with a delay. */
  private startTimer: Timer | null = null;
  /** Ends the grace of a kill. */
  private graceTimer: Timer | null = null;
  /** @internal What it was killed with. */
  killed: { readonly error: unknown } | null = null;
  private graceIsOver = false;
  private interrupts: Interrupt[] | null = null;
  /** @internal Its stack; null before it has run and after its end. */
  raw: RawGreenlet | null = null;
  private fn: ((...args: unknown[]) => T | Promise<T>) | null;
  private args: readonly unknown[] | null;
  private readonly fnName: string;
  private givenName: string | null = null;
  private outcome: T | unknown = undefined;
  /** @internal It ended by an error. The error itself may be any value, also undefined. */
  failed = false;
  private hasRun = false;
  /** Calls that wait for its end, and links, in the order in which they came. */
  private joiners: WaitList | null = null;
  // Not `this`: a Greenlet<T> could then not be used as a Greenlet<unknown>.
  private links: Links<never> | null = null;
  private promised: Promise<T> | null = null;
  private observed = false;
  private site: Site | null = hub.sitesLeft > 0 ? captureSite() : null;

  /**
   * Queues `fn(...args)`; it runs when the current greenlet blocks or ends. If it returns a real
   * promise, the greenlet waits for it and ends with its value or error. Other thenables are plain
   * values.
   * @param delay milliseconds before it is queued.
   * @throws TypeError when `fn` is no function or `delay` no number; RangeError when `delay` is
   *   negative or NaN.
   */
  constructor(
    fn: (...args: never[]) => T | Promise<T>,
    args: readonly unknown[] = [],
    delay: number = 0,
  ) {
    checkFunction("fn", fn, "spawn(fn, ...args)");
    checkTime("delay", delay);
    // Here and not in the middle of the first switch: an error must reach the spawner.
    open();
    this.fn = fn as (...args: unknown[]) => T | Promise<T>;
    this.fnName = fn.name;
    this.args = args;
    hub.living.add(this as Greenlet);
    if (delay === 0) hub.schedule(this as Greenlet);
    else this.startTimer = new Timer(delay, () => hub.schedule(this as Greenlet));
  }

  /** A name for people to read. Default: the name of the function and the id. */
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

  /** True when it has ended, by a value or by an error. */
  get ready(): boolean {
    return this.state === "done";
  }

  /** The same as `ready`, under the name that RawGreenlet uses. */
  get dead(): boolean {
    return this.state === "done";
  }

  /** True when it returned, or let a GreenletExit pass. */
  get successful(): boolean {
    return this.state === "done" && !this.failed;
  }

  /**
   * What it returned (the GreenletExit, if it ended by one); undefined while it runs, or if it
   * failed.
   */
  get value(): T | undefined {
    return this.failed ? undefined : (this.outcome as T | undefined);
  }

  /** What it threw; undefined while it runs and if it was successful. */
  get exception(): unknown {
    return this.failed ? this.outcome : undefined;
  }

  /**
   * A signal for APIs that take one. It aborts when the greenlet is killed, with the kill's error.
   */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.killed !== null) this.controller.abort(this.killed.error);
    }
    return this.controller.signal;
  }

  /**
   * Where it was spawned: "at fn (file:line:column)". "" when that was not recorded, or when the
   * greenlet has ended without an error.
   */
  get spawnSite(): string {
    return (this.site?.frames[0] ?? "").trim();
  }

  /**
   * Blocks until the greenlet has ended, and returns its value.
   * @throws the greenlet's error, the same object each time.
   * @throws Timeout after `timeout` milliseconds, or the signal's reason. The greenlet goes on.
   */
  get(options?: WaitOptions): T {
    return this.getFor("Greenlet.get", options);
  }

  /** @internal @param what the call, for errors and dumps. */
  getFor(what: string, options: WaitOptions | undefined): T {
    checkWait(what, options);
    this.observe();
    if (this.state === "done") stayFair(what);
    else this.waitForEnd(what).wait(options);
    if (this.failed) throw this.outcome;
    return this.outcome as T;
  }

  /**
   * Blocks until the greenlet has ended. Never throws the greenlet's error.
   * @returns whether it has ended; false when `timeout` milliseconds passed first.
   */
  join(options?: WaitOptions): boolean {
    checkWait("Greenlet.join", options);
    return this.joinFor("Greenlet.join", options);
  }

  /**
   * @internal @param what the call, for errors and dumps.
   * @param options checked by the caller; only whether the signal has aborted is checked here.
   */
  joinFor(what: string, options: WaitOptions | undefined): boolean {
    options?.signal?.throwIfAborted();
    this.observe();
    if (this.state === "done") {
      stayFair(what);
      return true;
    }
    return this.waitForEnd(what).tryWait(options);
  }

  /**
   * Throws `error` at the blocking call that the greenlet is in, or at its next one, and blocks
   * until the greenlet has ended. A greenlet that has not started never runs. A greenlet that
   * catches the error gets it again at each further blocking call. `shield` keeps it off, until
   * `grace` is over. A greenlet that kills itself gets the error right here. With `block: false`
   * the call does not wait; `timeout` and `signal` end the wait early, and the greenlet has been
   * killed all the same.
   * @throws BlockingSwitchOutError on the hub, unless told not to block.
   * @throws RangeError for a negative or NaN timeout or grace; TypeError for a timeout or grace
   *   that is no number, for unknown options, for options where the error belongs, and for a class
   *   of errors.
   */
  kill(error: unknown = new GreenletExit(), options: KillOptions = {}): void {
    checkKill("Greenlet.kill", error, options, "kill");
    const { block = true, grace, ...wait } = options;
    if (this.state === "done") return;
    const isMe = hub.current === (this as Greenlet);
    const waiter = block && !isMe ? this.waitForEnd("Greenlet.kill") : null;
    if (!isMe) this.observe();
    this.controller?.abort(error);
    if (this.raw === null) {
      this.end(error, !isGreenletExit(error));
    } else {
      this.killed = { error };
      if (grace !== undefined && grace !== null) this.limitShield(error, grace);
      if (isMe) throw error;
      if (this.shields === 0) this.waiter?.fail(error);
    }
    waiter?.tryWait(wait);
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

  /**
   * @internal Throws `error` once: at the blocking call the greenlet is in, or at its next one.
   * @param by who may take it back with `forgetInterrupt`.
   */
  interrupt(error: unknown, by: object | null = null): void {
    if (this.shields === 0 && this.waiter !== null && !this.waiter.settled)
      this.waiter.throw(error);
    else if (this.state !== "done") (this.interrupts ??= []).push({ error, by });
  }

  /** @internal Drops the interrupts that `by` has sent and that were not thrown yet. */
  forgetInterrupt(by: object): void {
    if (this.interrupts !== null) this.interrupts = this.interrupts.filter((i) => i.by !== by);
  }

  /**
   * @internal What a call does before it parks: throws the error of a kill or an interrupt, if one
   * is due.
   */
  throwInterrupt(): void {
    if (this.shields > 0 && !this.graceIsOver) return;
    if (this.killed !== null) throw this.killed.error;
    const next = this.interrupts?.shift();
    if (next !== undefined) throw placed(next.error);
  }

  /**
   * Calls `fn` once, on the hub, when the greenlet has ended; soon, if it has ended already.
   * `fn` must not block.
   */
  link(fn: (greenlet: this) => void): void {
    this.links ??= new Links(this as never, (this.joiners ??= new WaitList()), (error, linked) =>
      hub.report(this as Greenlet, error, linked),
    );
    this.links.add(fn);
    this.observe();
    if (this.state === "done") this.links.fire();
  }

  /** Takes back the oldest link of `fn`. */
  unlink(fn: (greenlet: this) => void): void {
    this.links?.remove(fn);
  }

  /** Makes a greenlet awaitable: `await spawn(...)` in asynchronous code. */
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

  /**
   * `using g = spawn(...)`: the end of the block waits until the greenlet has ended, as `join`
   * does.
   */
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
    const fn = this.fn as (...args: unknown[]) => T | Promise<T>;
    const args = this.args as readonly unknown[];
    this.fn = this.args = null;
    this.hasRun = true;
    this.state = "running";
    const raw = this.raw as RawGreenlet;
    let outcome: unknown;
    let failed = false;
    try {
      outcome = settled(PROMISED, fn(...args));
    } catch (error) {
      outcome = error;
      failed = !isGreenletExit(error);
    }
    this.end(outcome, failed);
    const next = hub.handOver.successor();
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
    this.startTimer?.stop();
    this.graceTimer?.stop();
    this.resource.emitDestroy();
    hub.ids.giveBack(this.id);
    hub.living.remove(this as Greenlet);
    if (failed && config.errorSites && this.site !== null) {
      addToStack(outcome, "spawned", this.site, this.site.frames);
    }
    this.onEnd?.();
    this.joiners?.wakeAll();
    this.joiners = null;
    if (failed && !this.observed && !hub.tellDomain(outcome)) {
      hub.unobserved.add(this as Greenlet);
      hub.report(this as Greenlet, outcome);
    }
    // Else a chain of greenlets, each spawning the next, would keep all earlier ones in memory. So
    // would the site: a stack that is not formatted yet holds the greenlet it was captured in.
    this.spawner = null;
    if (failed) this.site?.format();
    else this.site = null;
  }

  /** @internal It was killed, and may still clean up. */
  get dying(): boolean {
    return this.killed !== null;
  }

  /** @internal Notes that somebody will learn how it ended, so its error is not reported. */
  observe(): void {
    if (this.observed) return;
    this.observed = true;
    hub.unobserved.delete(this as Greenlet);
  }

  private limitShield(error: unknown, grace: number): void {
    this.graceTimer?.stop();
    this.graceTimer = new Timer(grace, () => {
      this.graceIsOver = true;
      this.waiter?.fail(error);
    });
  }

  private waitForEnd(what: string): Waiter<void> {
    if (hub.current === (this as Greenlet)) {
      throw placeHere(new InvalidSwitchError(`${what}: a greenlet cannot wait for its own end`));
    }
    return (this.joiners ??= new WaitList()).add(new Joiner(what, this as Greenlet));
  }
}
