import { AsyncResource } from "node:async_hooks";
import { loadBinding } from "./binding.js";
import { type OpenDriver, openDriver } from "./driver.js";
import { GreenletExit, InvalidSwitchError, isGreenletExit, StackExhaustedError } from "./errors.js";
import { whyHeld } from "./holds.js";

/**
 * A coroutine with a stack of its own, as in python-greenlet. It runs until it switches to another
 * one, and goes on when another one switches to it. When it ends, its parent goes on with its
 * result.
 *
 * ```
 *   new ──switch──▶ running ◀──switch──▶ suspended
 *    │                 │
 *    └──throw──▶ dead ◀┘ returns or throws
 * ```
 */
export class RawGreenlet<Result = unknown> {
  /** @internal The function that it runs; undefined once started. */
  fn: ((value: never) => Result) | undefined;
  /** @internal Id of its stack; NONE before it starts and after it ends. */
  stack: number = NONE;
  /** @internal */
  ended = false;
  private above: RawGreenlet | null;

  /**
   * @param fn receives the value of the first `switch`. Its result goes to the parent.
   * @param parent goes on when this one ends. Default: the greenlet that creates it.
   */
  constructor(fn: (value: never) => Result, parent: RawGreenlet = current()) {
    this.fn = fn;
    this.above = parent;
  }

  /** The greenlet that goes on when this one ends; null for the root. */
  get parent(): RawGreenlet | null {
    return this.above;
  }

  /**
   * @throws InvalidSwitchError if the new parent descends from this greenlet, or this is the root.
   */
  set parent(parent: RawGreenlet) {
    if (this.above === null) throw new InvalidSwitchError("the root greenlet has no parent");
    for (let p: RawGreenlet | null = parent; p !== null; p = p.above) {
      if (p === this) throw new InvalidSwitchError("a greenlet cannot be its own ancestor");
    }
    this.above = parent;
  }

  /** True once its function has returned or thrown, or it was killed before it started. */
  get dead(): boolean {
    return this.ended;
  }

  /** True from the first switch on, also when dead. */
  get started(): boolean {
    return this.fn === undefined;
  }

  /**
   * Suspends the running greenlet and continues this one, whose pending `switch` returns `value`. A
   * dead greenlet stands for its nearest living ancestor.
   * @returns the value with which another greenlet switches back.
   * @throws the error that another greenlet throws into the caller, or with which a child ends.
   * @throws StackExhaustedError if this one is new and there is no memory for its stack. It stays
   *   new.
   */
  switch(value?: unknown): unknown {
    return switchTo(this, value, false);
  }

  /**
   * As `switch`, but the pending `switch` of this greenlet throws `error`. A greenlet that never
   * started dies without running, and its parent gets the error (a GreenletExit as a value).
   */
  throw(error: unknown = new GreenletExit()): unknown {
    return switchTo(this, error, true);
  }
}

const NONE = -1;

/** The one state of this thread: which greenlet runs, and what is being handed over. */
interface Switcher {
  readonly root: RawGreenlet;
  current: RawGreenlet;
  /** What is handed over: the greenlet that switches writes it, the one that goes on reads it. */
  value: unknown;
  thrown: boolean;
  /** Idle stacks. The last was used last, and is taken first: its pages are warm. */
  readonly idle: number[];
  driver: OpenDriver | null;
  /** Whether opening the driver has begun, and whether it has been finished. */
  opening: boolean;
  opened: boolean;
  /** What `settrace` set, and from where the last traced switch came. */
  trace: Trace | null;
  origin: RawGreenlet | null;
  tracing: boolean;
}

/**
 * Called at every switch. `event` is `switch` when the target goes on with a value, and `throw`
 * when it goes on with an error. The end of a greenlet is its last switch: then `origin` is dead.
 */
export type Trace = (event: "switch" | "throw", origin: RawGreenlet, target: RawGreenlet) => void;

// Two copies of this package in one thread must share one state. Otherwise each copy would take the
// other's greenlets for the root. A copy may be in another realm (a vm context, as test runners
// make), which has another `globalThis`. So the state is kept on a class of Node, because all
// realms of a thread have the same one.
const KEY = Symbol.for("greenlit.switcher.v1");
const shared = AsyncResource as { [KEY]?: Switcher };
shared[KEY] ??= (() => {
  const root: RawGreenlet = Object.create(RawGreenlet.prototype, {
    fn: { value: undefined, writable: true },
    stack: { value: 0, writable: true },
    ended: { value: false, writable: true },
    above: { value: null, writable: true },
  });
  return {
    root,
    current: root,
    value: undefined,
    thrown: false,
    idle: [],
    driver: null,
    opening: false,
    opened: false,
    trace: null,
    origin: null,
    tracing: false,
  };
})();
const state: Switcher = shared[KEY];

function driver(): OpenDriver {
  if (!state.opened) {
    // If V8 terminated the first attempt (`worker.terminate()`, a timeout of `vm`), begin anew.
    if (state.opening) loadBinding().close();
    state.idle.length = 0;
    state.opening = true;
    state.driver = openDriver(runOnStack);
    state.idle.push(makeStack(state.driver));
    changeFields(holdJoinStack());
    state.opened = true;
  }
  return state.driver as OpenDriver;
}

/**
 * V8 takes a field for constant until it changes for the first time. Then V8 throws away the code
 * that relied on that. If thousands of greenlets are parked in such code, each of them is
 * deoptimised when it goes on, some 10 us each. So all fields that change in the life of a greenlet
 * are changed here first, while none is parked.
 * @param greenlet one that stays for good. If no greenlet were left, V8 would forget what it has
 *   learned about their fields.
 */
function changeFields(greenlet: RawGreenlet): void {
  const { parent } = greenlet;
  greenlet.ended = true;
  greenlet.ended = false;
  greenlet.parent = new RawGreenlet(() => {});
  greenlet.parent = parent as RawGreenlet;
}

/**
 * V8 keeps one list of the arrays that are being joined. When the first entry leaves the list, V8
 * empties it; when a later entry is then missing, V8 aborts the process. With greenlets the first
 * may leave before the others: `[object].join()`, where `object.toString()` switches. So an array
 * of ours is the first entry, in a greenlet that stays for good.
 */
function holdJoinStack(): RawGreenlet {
  const { current: caller, value, thrown, trace } = state;
  state.thrown = false;
  state.trace = null;
  const greenlet = new RawGreenlet(() => [{ toString: () => caller.switch() }].join());
  greenlet.switch();
  state.value = value;
  state.thrown = thrown;
  state.trace = trace;
  return greenlet;
}

/** Takes what was handed over: returns the value, or throws the error. */
function receive(): unknown {
  if (state.trace !== null) traceSwitch(state.trace);
  const { value, thrown } = state;
  state.value = undefined;
  if (!thrown) return value;
  state.thrown = false;
  throw value;
}

/** Runs on the stack that goes on. If the function throws, the error is thrown there. */
function traceSwitch(trace: Trace): void {
  const { origin, current: target, value, thrown } = state;
  if (origin === null) return; // this switch began before the tracing
  state.tracing = true;
  try {
    trace(thrown ? "throw" : "switch", origin, target);
    state.value = value;
    state.thrown = thrown;
  } catch (error) {
    state.trace = null;
    state.value = error;
    state.thrown = true;
  }
  state.tracing = false;
}

/**
 * Sets a function that is called at every switch from now on, as python-greenlet's `settrace`. It
 * is called on the stack that goes on, just before that does. It must not switch. If it throws, the
 * greenlet that goes on gets the error, and the tracing ends.
 * @param trace null: no tracing, which then costs nothing.
 * @returns the function that was set before.
 * @throws TypeError if it is neither a function nor null.
 */
export function settrace(trace: Trace | null): Trace | null {
  if (trace !== null && typeof trace !== "function") {
    throw new TypeError(`trace must be a function or null, not ${String(trace)}`);
  }
  const before = state.trace;
  state.trace = trace;
  state.origin = null;
  return before;
}

/** The function that sees every switch; null when there is none. */
export function gettrace(): Trace | null {
  return state.trace;
}

/** The greenlet that really goes on: not a dead one. It has a stack. */
function resolveTarget(target: RawGreenlet): RawGreenlet {
  for (;;) {
    if (target.ended) {
      target = target.parent as RawGreenlet; // the root never ends, so there is one
    } else if (target.stack === NONE && state.thrown) {
      target.ended = true;
      target.fn = undefined;
      if (isGreenletExit(state.value)) state.thrown = false;
    } else {
      if (target.stack === NONE) target.stack = takeStack();
      return target;
    }
  }
}

function takeStack(): number {
  const idle = state.idle.pop();
  if (idle !== undefined) return idle;
  return makeStack(driver());
}

function makeStack({ binding }: OpenDriver): number {
  const id = binding.create();
  if (typeof id === "string") throw new StackExhaustedError(id);
  return id;
}

function switchTo(target: RawGreenlet, value: unknown, thrown: boolean): unknown {
  const me = state.current;
  if (state.trace !== null) {
    if (state.tracing) throw new InvalidSwitchError("a trace function must not switch");
    state.origin = me;
  }
  state.value = value;
  state.thrown = thrown;
  try {
    target = resolveTarget(target);
  } catch (error) {
    state.value = undefined;
    state.thrown = false;
    throw error;
  }
  if (target !== me) {
    state.current = target;
    if ((state.driver as OpenDriver).binding.transfer(target.stack) === false) {
      takeBack(me, target);
    }
    // We are back: another greenlet switched here. It has set `current` to us, and the value.
  }
  return receive();
}

/** Undoes a switch that the driver has refused. @throws InvalidSwitchError with the reason. */
function takeBack(me: RawGreenlet, target: RawGreenlet): never {
  state.current = me;
  state.value = undefined;
  state.thrown = false;
  if (!target.started) {
    state.idle.push(target.stack);
    target.stack = NONE;
  }
  throw new InvalidSwitchError(`this stack cannot be left: ${whyHeld(holds())}`);
}

function markEnded(greenlet: RawGreenlet): void {
  greenlet.ended = true;
  greenlet.fn = undefined;
  state.idle.push(greenlet.stack);
  greenlet.stack = NONE;
}

/**
 * The driver calls this on each stack. It runs one greenlet after the other, as long as the driver
 * can keep this function on an idle stack.
 * @param stack negative: called on the root, because V8 has terminated the running greenlet
 *   (`worker.terminate()`, a timeout of `vm`). No `catch` or `finally` of that greenlet has run.
 */
function runOnStack(stack: number): number {
  if (stack < 0) {
    forgetTerminated();
    return 0;
  }
  const { binding } = state.driver as OpenDriver;
  let next: number;
  do next = runGreenlet();
  while (binding.finish(next));
  return next;
}

function forgetTerminated(): void {
  const me = state.current;
  if (me.stack > 0) markEnded(me);
  state.current = state.root;
  state.value = undefined;
  state.thrown = false;
  state.tracing = false;
}

/** Runs the current greenlet from start to end. @returns the stack that goes on next. */
function runGreenlet(): number {
  const me = state.current;
  const fn = me.fn as (value: unknown) => unknown;
  me.fn = undefined;
  try {
    state.value = fn(receive());
  } catch (error) {
    state.value = error;
    state.thrown = !isGreenletExit(error);
  }
  markEnded(me);
  let next: RawGreenlet;
  for (;;) {
    try {
      next = resolveTarget(me);
      break;
    } catch (error) {
      // There is no memory to start an ancestor that never ran: it dies of this error.
      state.value = error;
      state.thrown = true;
    }
  }
  if (state.trace !== null) state.origin = me;
  state.current = next;
  return next.stack;
}

/** The greenlet that runs; the root when none does. */
export function current(): RawGreenlet {
  return state.current;
}

/** The root greenlet: the stack of the thread itself, on which Node's loop runs. */
export function root(): RawGreenlet {
  return state.root;
}

/**
 * A number that changes where the running stack must not be left: compare it with an earlier one,
 * as
 * `whyNotLeave` does.
 */
export function holds(): number {
  return state.driver === null ? 0 : state.driver.binding.holds();
}

/**
 * Why the running stack must not be left for long; null if it can be left.
 * @param before the result of `holds()` when this stack was last switched to. Inside a run of V8's
 *   microtask queue `holds()` gives another number. A greenlet that parks there keeps all promises
 *   of the thread from settling.
 */
export function whyNotLeave(before: number): string | null {
  const now = holds();
  if (now === before) return null;
  return (
    whyHeld(now) ||
    "it is inside a run of the microtask queue (as by process._tickCallback() or a debugger's " +
      "evaluation), and no promise would settle before it goes on"
  );
}

/**
 * Finds and proves the driver now, instead of at the first switch to a new greenlet.
 * @throws UnsupportedPlatformError when no driver works here.
 * @throws InvalidSwitchError when the running stack cannot be left, so that no driver can be
 *   proved.
 */
export function open(): void {
  driver();
}

/** What the switcher is and has, for people and tests. Loads the driver. */
export interface SwitcherReport {
  readonly driver: OpenDriver["name"];
  /** Better drivers, and why they cannot run here. */
  readonly refused: OpenDriver["refused"];
  readonly selfTest: OpenDriver["selfTest"];
  /** Milliseconds that choosing and proving the driver took. */
  readonly openedIn: number;
  /** Stacks made so far without the root, and how many of them are idle. */
  readonly stacks: number;
  readonly idle: number;
  readonly reservedBytes: number;
  readonly trims: number;
  /** Whether scavenges leave out stacks that have not run for a while. */
  readonly skipsResting: boolean;
  /** How many stacks the last scavenge left out. */
  readonly resting: number;
  /** What protects the low end of each stack: `madvise`, `mprotect`, `none`, or the `system`. */
  readonly guard: string;
}

/** @throws UnsupportedPlatformError when no driver works here. */
export function report(): SwitcherReport {
  const { name, binding, selfTest, refused, openedIn } = driver();
  const { stacks, ...rest } = binding.stats();
  const idle = state.idle.length;
  return { driver: name, refused, selfTest, openedIn, stacks: stacks - 1, idle, ...rest };
}

/** Gives the memory of idle stacks back to the system. Their address space stays for reuse. */
export function trim(): void {
  for (const id of state.idle) driver().binding.release(id);
}
