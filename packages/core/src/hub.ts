import { executionAsyncId } from "node:async_hooks";
import { performance } from "node:perf_hooks"; // the global of this name is a getter, in some Nodes a slow one
import { inspect } from "node:util";
import {
  current,
  InvalidSwitchError,
  microtasks,
  open,
  report,
  root,
  startMonitor,
} from "@greenlit/switcher";
import { areScopesHooked, canReplace, lift, putBack, replace } from "./async-context.js";
import { loadCertificatesOn } from "./certificates.js";
import { type Clock, LoopClock } from "./clock.js";
import { config } from "./config.js";
import { reportDeadlock } from "./deadlock.js";
import { isPaused, mayBeDebugged } from "./debugger.js";
import { domainsAreUsed, takenByDomain, transferInItsDomains } from "./domains.js";
import { exitAloneFromStorages } from "./storage-exit.js";
import { reportUnobserved } from "./unobserved.js";
import { Fifo } from "./fifo.js";
import { Ids } from "./ids.js";
import type { Greenlet } from "./greenlet.js";

/** The clock costs ten times as much as taking a permit that is free; so not every call looks at it. */
const PASSES = 32;

/** Nor do so many greenlets that timers wake one after the other. */
const AT_ONCE = 16;

/**
 * The scheduler of one thread. It has no loop of its own: it lives on the root stack, in callbacks of
 * Node's loop, and gives greenlets their turns from there.
 *
 * ```
 *   Node's loop ──setImmediate──▶ runReady ──resume──▶ greenlet ──park──▶ back, next one
 *        └──────I/O, timer callback──────────resume──▶ greenlet ──park──▶ back
 * ```
 *
 * Within a turn, a greenlet that parks hands over to the next one itself, where it can: one switch instead of two.
 */
export class Hub {
  /** The greenlet that runs; null on the hub itself. */
  current: Greenlet | null = null;
  /** Called once for each greenlet that fails and whose error nobody has asked for yet. */
  onError: (greenlet: Greenlet, error: unknown) => void = printError;
  /** @internal Set while a parked greenlet is resumed only to take its stack. */
  probe: ((stack: string) => void) | null = null;
  /** @internal Greenlets that failed, and nobody has asked yet how they ended. */
  readonly unobserved: Set<Greenlet> = new Set();
  /** @internal Blocking calls of main greenlets that have been told of a deadlock. */
  readonly told: WeakSet<object> = new WeakSet();
  /** @internal Blocking calls that have been listed in a deadlock on stderr. */
  readonly listed: WeakSet<object> = new WeakSet();
  /** @internal Of living greenlets. */
  readonly ids: Ids = new Ids();
  /** True in `exit` handlers: nothing can block any more. */
  exiting = false;
  /** What tells the time to everything that waits for a time. May be replaced, as tests do. */
  clock: Clock = new LoopClock();
  /** Milliseconds, as of the last look at the clock: coarse, and free. */
  now: number = this.clock.now();

  /** @internal How many more greenlets of this turn remember where they were spawned. */
  sitesLeft: number = config.spawnSites;

  /** @internal How many more blocking calls the greenlet that runs may pass without a look at the clock. */
  passes: number = PASSES;

  private readonly ready = new Fifo<Greenlet | (() => void)>();
  private opened = false;
  private scheduled = false;
  private inTurn = false;
  /** How many more greenlets go on before the next look at the clock, which costs as much as a switch. */
  private left = 0;
  private handsOver = false;
  /** How often the hub has given a greenlet its turn. */
  private given = 0;
  /** When the budget of this turn is used up. */
  private turnEnds = 0;
  /** What `call` wants to have done. */
  private job: (() => void) | null = null;
  /** The real time of the last look around. */
  private looked = 0;
  private debugged = false;
  private microtasks = 0;
  private oldest: Greenlet | null = null;
  private newest: Greenlet | null = null;
  private readonly root = root();

  constructor() {
    exitAloneFromStorages();
    if (config.monitorThread) this.monitor();
    process.on("beforeExit", () => {
      reportUnobserved(this);
      this.reportDeadlock();
    });
    // Before the user's handlers, which may not block any more.
    process.prependListener("exit", () => {
      this.exiting = true;
    });
  }

  /** Queues a greenlet, or a callback that is to run on the hub, behind everything that is ready. */
  schedule(what: Greenlet | (() => void)): void {
    if (typeof what !== "function") what.state = "queued";
    this.ready.push(what);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.runReady);
  }

  /** Lets a greenlet run at once when called on the hub, else queues it. Call last in a callback. */
  switchTo(greenlet: Greenlet): void {
    if (this.current !== null) return this.schedule(greenlet);
    if (!this.inTurn) {
      // The loop may have slept for long since the last turn.
      this.lookAround();
      this.left = AT_ONCE;
    }
    this.resume(greenlet);
  }

  /**
   * Suspends the running greenlet; returns when it is resumed. Whoever calls this has made sure that
   * somebody will, and holds no lock that the hub may need.
   * @param yielding it is queued at once, behind everything that is ready.
   */
  park(yielding = false): void {
    const greenlet = this.current as Greenlet;
    const { resource } = greenlet;
    if (current() === this.root) {
      throw new InvalidSwitchError("a greenlet cannot park on the stack of the hub");
    }
    // Equal unless the greenlet is inside further asynchronous scopes.
    const lifted = executionAsyncId() === resource.asyncId() ? null : lift(resource.asyncId());
    if (yielding) this.schedule(greenlet);
    else greenlet.state = "parked";
    const next = this.successor();
    if (next === null) this.root.switch();
    else next.transfer();
    if (lifted !== null) putBack(lifted);
    greenlet.state = "running";
  }

  /** True when something is ready and waits for its turn. */
  get busy(): boolean {
    return this.ready.length > 0;
  }

  /** Greenlets that have not ended, oldest first. */
  greenlets(): Greenlet[] {
    const living: Greenlet[] = [];
    for (let g = this.oldest; g !== null; g = g.newer) living.push(g);
    return living;
  }

  /**
   * Has a thread of its own watch this hub: what keeps it from its work for longer than `limit` milliseconds (default:
   * `config.maxBlockingTime`) is told with its stack, once each time. As gevent's monitoring thread.
   * @param options onBlocked: called on the hub when it goes on; default: the stack goes to stderr while it is blocked.
   * @returns ends it.
   * @throws RangeError for a limit below 10 or above 60,000; Error if one watches already.
   */
  monitor({
    limit = config.maxBlockingTime,
    onBlocked,
  }: {
    limit?: number;
    onBlocked?: (ms: number, stack: string) => void;
  } = {}): () => void {
    return startMonitor({ limit, onBlocked });
  }

  /**
   * The hub does this by itself when Node's loop is empty; for others who know that nothing is left that could wake anyone.
   * If greenlets are parked that are no daemons, a LoopExit is thrown into the first one of `run`, or, without such a one,
   * they are listed on stderr and the exit code becomes 13.
   */
  reportDeadlock(): void {
    reportDeadlock(this);
  }

  /** @internal Calls `onError`. What that throws is uncaught, like what any callback throws. */
  report(greenlet: Greenlet, error: unknown): void {
    try {
      this.onError(greenlet, error);
    } catch (thrown) {
      this.schedule(() => {
        throw thrown;
      });
    }
  }

  /** @internal An error that no one waits for: true when a domain's handler has taken it. */
  tellDomain(error: unknown): boolean {
    try {
      return takenByDomain(error);
    } catch (thrown) {
      this.schedule(() => {
        throw thrown;
      });
      return true;
    }
  }

  /** @internal Why the greenlet that runs cannot be left just now; null if it can. */
  whyNotPark(): string | null {
    if (microtasks() !== this.microtasks) {
      return (
        "it is inside a run of the microtask queue (as by process._tickCallback() or a debugger's " +
        "evaluation), and no promise would settle before it goes on"
      );
    }
    return this.debugged && isPaused(this.looked) ? "a debugger has paused this greenlet" : null;
  }

  /** @internal Whether the greenlet that runs has used up the budget of this turn, and can be left. */
  overBudget(): boolean {
    this.passes = PASSES;
    const { current: greenlet } = this;
    return (
      greenlet !== null &&
      performance.now() >= this.turnEnds &&
      greenlet.noSwitches === 0 &&
      !greenlet.dying &&
      greenlet.state === "running" &&
      !this.exiting &&
      this.whyNotPark() === null
    );
  }

  /** @internal Before the first greenlet. @throws UnsupportedPlatformError where none can run. */
  open(): void {
    if (this.opened) return;
    open();
    this.opened = true;
    if (report().driver === "thread") loadCertificatesOn(this);
  }

  /** @internal */
  enter(greenlet: Greenlet): void {
    greenlet.older = this.newest;
    if (this.newest === null) this.oldest = greenlet;
    else this.newest.newer = greenlet;
    this.newest = greenlet;
  }

  /** @internal */
  leave(greenlet: Greenlet): void {
    const { older, newer } = greenlet;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    greenlet.older = greenlet.newer = null;
  }

  /** @internal The stack of a parked greenlet. Only on the hub. */
  stackOf(greenlet: Greenlet): string {
    let found = "";
    this.probe = (stack) => {
      found = stack;
    };
    this.resume(greenlet);
    this.probe = null;
    return found;
  }

  /** @internal In a greenlet: calls `fn` on the hub and comes straight back; nobody has a turn meanwhile. */
  call<T>(fn: () => T): T {
    let outcome: (() => T) | undefined;
    this.job = () => {
      try {
        const value = fn();
        outcome = () => value;
      } catch (error) {
        outcome = () => {
          throw error;
        };
      }
    };
    this.park();
    return (outcome as () => T)();
  }

  private lookAround(): void {
    this.looked = performance.now();
    this.turnEnds = this.looked + config.budget;
    this.now = this.clock.now();
    this.debugged = mayBeDebugged();
    this.microtasks = microtasks();
  }

  /**
   * @internal For a greenlet that parks or has ended: who may have its turn right after it, taken out of where it waits and
   * current from now on, so it must then be switched to. null: only the hub knows what comes next.
   */
  successor(): Greenlet | null {
    if (this.left <= 1 || this.job !== null || this.probe !== null) return null;
    if (this.inTurn) {
      const next = this.nextReady();
      if (next === null || !this.mayHandOver()) return null;
      this.ready.shift();
      return this.follow(next);
    }
    const timer = this.clock.upcoming?.() ?? null;
    const waiter = timer?.waiter ?? null;
    if (timer === null || waiter === null || !this.mayHandOver()) return null;
    this.clock.stop(timer);
    return waiter.take() ? this.follow(waiter.greenlet) : null;
  }

  /** The first in the queue, if it can be switched to by anybody. */
  private nextReady(): Greenlet | null {
    const next = this.ready.peek();
    // One that is new begins in the asynchronous context of its resource, which is entered on the hub.
    if (next === undefined || typeof next === "function" || !next.started) return null;
    return next.state === "queued" ? next : null;
  }

  private mayHandOver(): boolean {
    return this.handsOver && !areScopesHooked() && !domainsAreUsed();
  }

  private follow(next: Greenlet): Greenlet {
    this.left--;
    this.current = next;
    this.passes = PASSES;
    replace(next.resource);
    return next;
  }

  private resume(greenlet: Greenlet): void {
    this.given++;
    let last = this.goTo(greenlet);
    for (let { job } = this; job !== null; { job } = this) {
      this.job = null;
      job();
      last = this.goTo(last);
    }
  }

  /** @returns the greenlet that came back to the hub: this one, or one that it has handed over to. */
  private goTo(greenlet: Greenlet): Greenlet {
    this.current = greenlet;
    this.passes = PASSES;
    // In the scope of the greenlet's own resource, so that entries of the asynchronous context are
    // pushed and popped in pairs on this stack, whatever the greenlet does meanwhile.
    greenlet.resource.runInAsyncScope(transfer, greenlet);
    const last = this.current;
    this.current = null;
    return last;
  }

  /** One turn: greenlets that are ready run until the budget is used up, then Node's loop goes on. */
  private readonly runReady = (): void => {
    const { ready } = this;
    this.inTurn = true;
    this.sitesLeft = config.spawnSites;
    this.lookAround();
    this.handsOver = this.given >= config.handOver && canReplace();
    let checked = this.looked;
    // While turns are short, not every one is timed.
    let stride = 1;
    this.left = stride;
    try {
      for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
        if (typeof next === "function") next();
        else if (next.state !== "done") this.resume(next);
        if (--this.left > 0) continue;
        const time = performance.now();
        this.now = this.clock.now();
        if (time >= this.turnEnds) break;
        stride = time - checked < 0.1 ? Math.min(stride * 2, 64) : 1;
        checked = time;
        this.left = stride;
      }
    } finally {
      // Also when a callback has thrown and somebody listens for uncaught exceptions.
      this.inTurn = false;
      this.scheduled = ready.length > 0;
      if (this.scheduled) setImmediate(this.runReady);
    }
  };
}

function transfer(this: Greenlet): void {
  if (domainsAreUsed()) return transferInItsDomains(this);
  try {
    this.transfer();
  } finally {
    if (hub.current !== this) replace(this.resource); // or Node would find another scope than it has entered
  }
}

function printError(greenlet: Greenlet, error: unknown): void {
  const site = greenlet.spawnSite;
  process.stderr.write(
    `greenlit: greenlet "${greenlet.name}" failed${site === "" ? "" : `, spawned ${site}`}\n` +
      `${inspect(error)}\n`,
  );
}

// Two copies of this package in one thread share one hub, or a greenlet of one could not wait for what
// the other wakes.
const KEY = Symbol.for("greenlit.hub.v1");
const shared = globalThis as { [KEY]?: Hub };

/** The hub of this thread. */
export const hub: Hub = (shared[KEY] ??= new Hub());

/** The hub of this thread. */
export function getHub(): Hub {
  return hub;
}
