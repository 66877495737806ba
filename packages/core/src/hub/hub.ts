import { AsyncResource, executionAsyncId } from "node:async_hooks";
// The global `performance` is a getter, and slow in some Nodes.
import { performance } from "node:perf_hooks";
import {
  current,
  holds,
  InvalidSwitchError,
  root,
  startMonitor,
  whyNotLeave,
} from "@greenlit/switcher";
import { Fifo } from "../collections/fifo.js";
import { Ids } from "../collections/ids.js";
import { config } from "../config.js";
import { reportDeadlock } from "../diagnosis/deadlock.js";
import { printFailure } from "../diagnosis/failures.js";
import { lift, putBack, replace } from "../node/async-context.js";
import { isPaused, mayBeDebugged } from "../node/debugger.js";
import { setImmediate } from "../time/node-timers.js";
import type { Evaluations } from "../node/evaluation.js";
import { domainsAreUsed, takenByDomain, transferInItsDomains } from "../node/domains.js";
import { type Clock, LoopClock } from "../time/clock.js";
import { whileNobodySwitches } from "../traces/frames.js";
import { checkOptions, checkTime } from "../wait-options.js";
import type { Greenlet } from "./greenlet.js";
import { CALLS_PER_LOOK, HandOver } from "./hand-over.js";
import { Living } from "./living.js";
import type { Load } from "./module-lock.js";

/** Timers wake up to this many greenlets, one after the other, between two looks at the clock. */
const WAKES_PER_LOOK = 16;

/** As many callbacks run at the end of a turn whose budget is used up. */
const CALLBACKS = 16;

/**
 * The scheduler of one thread. It has no loop of its own: it lives on the root stack, in callbacks
 * of Node's loop, and gives greenlets their turns from there.
 *
 * ```
 *   Node's loop ──setImmediate──▶ runReady ──resume──▶ greenlet ──park──▶ back, next one
 *        └──────I/O, timer callback──────────resume──▶ greenlet ──park──▶ back
 * ```
 *
 * Within a turn, a greenlet that parks switches to the next one itself where it can: see HandOver.
 */
export class Hub {
  /** The greenlet that runs; null on the hub itself. */
  current: Greenlet | null = null;
  /**
   * Called once for each greenlet that fails before anybody has asked how it ends. Also called when
   * a function linked to a greenlet throws; then `link` is that function, and the greenlet itself
   * did not fail.
   */
  onError: (greenlet: Greenlet, error: unknown, link?: (greenlet: never) => void) => void =
    printFailure;
  /** @internal Set while a parked greenlet is resumed only to take its stack. */
  probe: ((stack: string) => void) | null = null;
  /** @internal Greenlets that failed, and whose error nobody has asked for yet. */
  readonly unobserved: Set<Greenlet> = new Set();
  /** @internal Greenlets that have not ended. */
  readonly living: Living<Greenlet> = new Living();
  /** @internal The ids of the living greenlets. */
  readonly ids: Ids = new Ids();
  /** @internal Modules that greenlets are loading; the keys are Node's module objects. */
  readonly loads: Map<object, Load> = new Map();
  /**
   * @internal Loads that ended because their greenlet was killed; the keys are the errors of these
   * kills.
   */
  readonly killedLoads: WeakMap<object, Load> = new WeakMap();
  /** @internal Whether `killedLoads` has ever had an entry. */
  loadsFailed = false;
  /** @internal Set once `require` keeps `loads`. */
  locksModules = false;
  /** @internal The greenlet that runs the main module of the program, if one does. */
  program: Greenlet | null = null;
  /** @internal Whether a signal waits for the loop, to end the program. */
  isAskedToEnd: () => boolean = () => false;
  /** @internal Whether a greenlet has been suspended since the program runs. */
  everParked = false;
  /** @internal Set once ES modules are guarded against being evaluated twice. */
  evaluations: Evaluations | null = null;
  /** True in `exit` handlers: nothing can block any more. */
  exiting = false;
  /** The clock of all timers and timeouts. A test may put another one here. */
  clock: Clock = new LoopClock();
  /**
   * How many calls wait for what only the kernel can bring, where no handle or request of Node's
   * tells so. A fake clock then neither hurries nor takes the silence for a deadlock.
   */
  outside = 0;
  /** Milliseconds, as of the last look at the clock: coarse, and free. */
  now: number = this.clock.now();

  /** @internal How many more greenlets of this turn remember where they were spawned. */
  sitesLeft: number = config.spawnSites;

  /**
   * @internal How many more calls that need not wait the running greenlet makes before a look at
   * the clock.
   */
  callsUntilLook: number = CALLS_PER_LOOK;
  /** @internal Set once the work of the first greenlet has been done: see open.ts. */
  opened = false;
  /** @internal Greenlets and callbacks that wait for their turn. */
  readonly ready: Fifo<Greenlet | (() => void)> = new Fifo();
  /** @internal Whether a turn is under way. Otherwise timers or I/O wake greenlets. */
  inTurn = false;
  /**
   * @internal How many more greenlets run before the next look at the clock. A look costs as much
   * as a switch.
   */
  untilLook = 0;
  /** @internal The function that `call` has the hub run. */
  job: (() => void) | null = null;
  /** @internal */
  readonly handOver: HandOver<Greenlet> = new HandOver<Greenlet>(this);

  private scheduled = false;
  /** When the budget of this turn is used up. */
  private turnEnds = 0;
  /** The real time of the last look at the clock. */
  private lastLook = 0;
  private debugged = false;
  /** What `holds()` returned on the hub, before a greenlet ran. */
  private holdsOnHub = 0;
  private readonly root = root();

  /**
   * Queues a greenlet, or a callback that is to run on the hub, behind everything that is ready.
   */
  schedule(what: Greenlet | (() => void)): void {
    if (typeof what !== "function") what.state = "queued";
    this.ready.push(what);
    if (this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.runReady);
  }

  /**
   * Lets a greenlet run at once when called on the hub, else queues it. Call last in a callback.
   */
  switchTo(greenlet: Greenlet): void {
    // Each realm of a thread has a hub of its own, and a greenlet of another hub may be running.
    if (this.current !== null || current() !== this.root) return this.schedule(greenlet);
    if (!this.inTurn) {
      // Node's loop may have slept for a long time since the last turn.
      this.lookAround();
      this.untilLook = WAKES_PER_LOOK;
    }
    this.resume(greenlet);
  }

  /**
   * @internal Has `wake` wake any number of greenlets, and lets them run at once, in one turn. Call
   * last in a callback of Node's loop.
   */
  wakeTogether(wake: () => void): void {
    if (this.current !== null || current() !== this.root) return wake();
    this.scheduled = true; // no other turn is needed
    try {
      wake();
    } finally {
      this.runReady();
    }
  }

  /**
   * Suspends the running greenlet, and returns when it is resumed. The caller has made sure that
   * somebody will resume it, and holds no lock that the hub may need.
   * @param yielding true: queue it at once, behind everything that is ready.
   */
  park(yielding = false): void {
    const greenlet = this.current as Greenlet;
    const { resource } = greenlet;
    this.everParked = true;
    if (current() === this.root) {
      throw new InvalidSwitchError("a greenlet cannot park on the stack of the hub");
    }
    // Equal unless the greenlet is inside further asynchronous scopes.
    const lifted = executionAsyncId() === resource.asyncId() ? null : lift(resource.asyncId());
    if (yielding) this.schedule(greenlet);
    else greenlet.state = "parked";
    const next = this.handOver.successor();
    if (next === null) this.root.switch();
    else next.transfer();
    if (lifted !== null) putBack(lifted);
    greenlet.state = "running";
  }

  /** @internal True when the running greenlet was not started by this hub. */
  get foreign(): boolean {
    return this.current === null && current() !== this.root;
  }

  /** True when something is ready and waits for its turn. */
  get busy(): boolean {
    return this.ready.length > 0;
  }

  /**
   * @internal Whether the main module runs, and is all there is: no other greenlet lives, none has
   * ever been suspended, none waits for a time, and nobody has asked the program to end.
   */
  get alone(): boolean {
    return (
      this.current === this.program &&
      !this.everParked &&
      this.living.isSingle &&
      this.clock.pending === 0 &&
      !this.isAskedToEnd()
    );
  }

  /** Greenlets that have not ended, oldest first. */
  greenlets(): Greenlet[] {
    return [...this.living];
  }

  /**
   * Starts a thread that watches this hub. When something keeps the hub from its work for longer
   * than `limit` milliseconds (default: `config.maxBlockingTime`), its stack is reported, once each
   * time. Like gevent's monitoring thread.
   * @param options onBlocked: called on the hub when it goes on. Default: the stack is written to
   *   stderr while the hub is blocked.
   * @returns a function that ends the watch.
   * @throws RangeError for a limit below 10 or above 60,000, TypeError for one that is no number;
   *   Error if a monitor watches already.
   */
  monitor(
    options: { limit?: number; onBlocked?: (ms: number, stack: string) => void } = {},
  ): () => void {
    checkOptions("monitor", options, ["limit", "onBlocked"]);
    const { limit = config.maxBlockingTime, onBlocked } = options;
    checkTime("limit", limit);
    return startMonitor({ limit, onBlocked });
  }

  /**
   * Reports a deadlock if any greenlet but a daemon is parked. The first one that `run` started
   * gets a LoopExit. Without such a one, the parked greenlets are listed on stderr and the exit
   * code becomes 13. The hub calls this itself when Node's loop is empty; others may call it when
   * they know that nothing is left that could wake a greenlet.
   */
  reportDeadlock(): void {
    reportDeadlock(this);
  }

  /** @internal Calls `onError`. If that throws, the error is uncaught, as for any callback. */
  report(greenlet: Greenlet, error: unknown, link?: (greenlet: never) => void): void {
    try {
      if (link === undefined) this.onError(greenlet, error);
      else this.onError(greenlet, error, link);
    } catch (thrown) {
      this.throwUncaught(thrown);
    }
  }

  /**
   * @internal Gives an error that no one waits for to the current domain.
   * @returns whether the domain's handler has taken it.
   */
  tellDomain(error: unknown): boolean {
    try {
      return takenByDomain(error);
    } catch (thrown) {
      this.throwUncaught(thrown);
      return true;
    }
  }

  /** @internal Why the running greenlet cannot be suspended just now; null if it can. */
  whyNotPark(): string | null {
    const why = whyNotLeave(this.holdsOnHub);
    if (why !== null) return why;
    return this.debugged && isPaused(this.lastLook) ? "a debugger has paused this greenlet" : null;
  }

  /**
   * @internal Whether the running greenlet has used up the budget of this turn, and can be
   * suspended.
   */
  overBudget(): boolean {
    this.callsUntilLook = CALLS_PER_LOOK;
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

  /**
   * @internal In a greenlet: calls `fn` on the hub and returns what it gives. No other greenlet
   * runs meanwhile.
   */
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

  /** Throws on the hub, in a turn of its own, where nothing of greenlit's is under way. */
  private throwUncaught(error: unknown): void {
    this.schedule(() => {
      throw error;
    });
  }

  private lookAround(): void {
    this.lastLook = performance.now();
    this.turnEnds = this.lastLook + config.budget;
    this.now = this.clock.now();
    this.debugged = mayBeDebugged();
    this.holdsOnHub = holds();
  }

  private resume(greenlet: Greenlet): void {
    this.handOver.countTurn();
    let last = this.goTo(greenlet);
    for (let { job } = this; job !== null; { job } = this) {
      this.job = null;
      job();
      last = this.goTo(last);
    }
  }

  /**
   * @returns the greenlet that switched back to the hub: this one, or a later one after hand-overs.
   */
  private goTo(greenlet: Greenlet): Greenlet {
    this.current = greenlet;
    this.callsUntilLook = CALLS_PER_LOOK;
    // In the scope of the greenlet's own resource, so that entries of the asynchronous context are
    // pushed and popped in pairs on this stack, whatever the greenlet does meanwhile.
    greenlet.resource.runInAsyncScope(transfer, greenlet);
    const last = this.current;
    this.current = null;
    return last;
  }

  /**
   * Callbacks that are next are too short to be worth a turn of their own. The last one of a
   * program must not keep the loop going, which others may see.
   */
  private runCallbacks(): void {
    const { ready } = this;
    for (let i = 0; i < CALLBACKS && ready.length > 0; i++) {
      const next = ready.peek();
      if (typeof next !== "function") return;
      ready.shift();
      next();
    }
  }

  /**
   * One turn: greenlets that are ready run until the budget is used up, then Node's loop goes on.
   */
  private readonly runReady = (): void => {
    const { ready } = this;
    this.inTurn = true;
    this.sitesLeft = config.spawnSites;
    this.lookAround();
    this.handOver.beginTurn();
    let checked = this.lastLook;
    // While turns are short, not every one is timed.
    let stride = 1;
    this.untilLook = stride;
    try {
      for (let next = ready.shift(); next !== undefined; next = ready.shift()) {
        if (typeof next === "function") next();
        else if (next.state !== "done") this.resume(next);
        if (--this.untilLook > 0) continue;
        const time = performance.now();
        this.now = this.clock.now();
        if (time >= this.turnEnds) {
          this.runCallbacks();
          break;
        }
        stride = time - checked < 0.1 ? Math.min(stride * 2, 64) : 1;
        checked = time;
        this.untilLook = stride;
      }
    } finally {
      // In `finally`: a callback may throw, and the process goes on if it handles uncaught
      // exceptions.
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
    // Another greenlet came back. Node must find the scope that it has entered.
    if (hub.current !== this) replace(this.resource);
  }
}

// Two copies of this package in one realm of a thread share one hub. Otherwise a greenlet of one
// copy could not wait for what the other copy wakes. The hub is kept on a class of Node's, which is
// the same everywhere in a thread, and not as a global. Test runners that make a realm for each
// file remove its globals when the file has ended, and its greenlets may go on then.
const KEY = Symbol.for("greenlit.hubs.v1");
const shared = AsyncResource as { [KEY]?: WeakMap<object, Hub> };
const hubs = (shared[KEY] ??= new WeakMap<object, Hub>());
if (!hubs.has(globalThis)) hubs.set(globalThis, new Hub());

/** The hub of this thread. */
export const hub: Hub = hubs.get(globalThis) as Hub;
whileNobodySwitches(() => hub.current);

/** The hub of this thread. */
export function getHub(): Hub {
  return hub;
}
