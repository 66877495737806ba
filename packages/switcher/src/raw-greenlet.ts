import { type OpenDriver, openDriver } from "./driver.js";
import { GreenletExit, InvalidSwitchError, StackExhaustedError } from "./errors.js";

/**
 * A coroutine with a stack of its own, as python-greenlet has them: it runs until it switches to another
 * one, and goes on when somebody switches to it. When it ends, its parent goes on with its result.
 *
 * ```
 *   new ──switch──▶ running ◀──switch──▶ suspended
 *    │                 │
 *    └──throw──▶ dead ◀┘ returns or throws
 * ```
 */
export class RawGreenlet<Result = unknown> {
  /** @internal What runs; undefined once started. */
  fn: ((value: never) => Result) | undefined;
  /** @internal Id of the stack it runs on; NONE before it starts and after it ends. */
  stack: number = NONE;
  /** @internal */
  ended = false;
  private above: RawGreenlet | null;

  /**
   * @param fn receives the value of the first `switch`; what it returns goes to the parent.
   * @param parent who goes on when this one ends. Default: the greenlet that creates it.
   */
  constructor(fn: (value: never) => Result, parent: RawGreenlet = current()) {
    this.fn = fn;
    this.above = parent;
  }

  /** Who goes on when this one ends; null for the root. */
  get parent(): RawGreenlet | null {
    return this.above;
  }

  /** @throws InvalidSwitchError if the new parent descends from this greenlet, or this is the root. */
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
   * Suspends the running greenlet and continues this one: there, the pending `switch` returns `value`.
   * A dead greenlet stands for its nearest living ancestor.
   * @returns what is later switched back with.
   * @throws what is thrown into the caller meanwhile, and errors of children that ended.
   * @throws StackExhaustedError if this one is new and there is no memory for its stack; it stays new.
   */
  switch(value?: unknown): unknown {
    return go(this, value, false);
  }

  /**
   * As `switch`, but there the pending `switch` throws `error`. One that never started dies without
   * running, and its parent gets the error (GreenletExit: as a value).
   */
  throw(error: unknown = new GreenletExit()): unknown {
    return go(this, error, true);
  }
}

const NONE = -1;

/** The one state of this thread: who runs, and what is being handed over. */
interface Switcher {
  readonly root: RawGreenlet;
  current: RawGreenlet;
  /** The slot: written by who switches, read by who wakes. */
  value: unknown;
  thrown: boolean;
  /** Idle stacks, most recently used last: its pages are warm. */
  readonly idle: number[];
  driver: OpenDriver | null;
  /** What `settrace` set, and from where the last traced switch came. */
  trace: Trace | null;
  origin: RawGreenlet | null;
  tracing: boolean;
}

/**
 * Told of every switch: `switch` when the target goes on with a value, `throw` when with an error. The last
 * switch of a greenlet is the one that its end makes: then `origin` is dead.
 */
export type Trace = (event: "switch" | "throw", origin: RawGreenlet, target: RawGreenlet) => void;

// Two copies of this package in one thread must share one native driver, or each would take the
// other's greenlets for the root.
const KEY = Symbol.for("greenlit.switcher.v1");
const shared = globalThis as { [KEY]?: Switcher };
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
    trace: null,
    origin: null,
    tracing: false,
  };
})();
const self: Switcher = shared[KEY];

function driver(): OpenDriver {
  if (self.driver === null) {
    self.driver = openDriver(runOnStack);
    holdJoinStack();
  }
  return self.driver;
}

/**
 * V8 keeps the arrays that are being joined on one stack for all, shortens that stack when its lowest
 * entry leaves, and aborts the process when a later entry is then not there. With greenlets the lowest
 * may well leave before the others: `[object].join()` where `object.toString()` switches. So the lowest
 * entry is an array of ours, in a greenlet that stays for good.
 */
function holdJoinStack(): void {
  const { current: caller, value, thrown, trace } = self;
  self.thrown = false;
  self.trace = null;
  new RawGreenlet(() => [{ toString: () => caller.switch() }].join()).switch();
  self.value = value;
  self.thrown = thrown;
  self.trace = trace;
}

/** Takes what was handed over. */
function receive(): unknown {
  if (self.trace !== null) traceSwitch(self.trace);
  const { value, thrown } = self;
  self.value = undefined;
  if (!thrown) return value;
  self.thrown = false;
  throw value;
}

/** On the stack that goes on. What the function throws is thrown there, and ends the tracing. */
function traceSwitch(trace: Trace): void {
  const { origin, current: target, value, thrown } = self;
  if (origin === null) return; // it was under way when the tracing began
  self.tracing = true;
  try {
    trace(thrown ? "throw" : "switch", origin, target);
    self.value = value;
    self.thrown = thrown;
  } catch (error) {
    self.trace = null;
    self.value = error;
    self.thrown = true;
  }
  self.tracing = false;
}

/**
 * Has a function called at every switch from now on, on the stack that goes on, before it does; as
 * python-greenlet's `settrace`. It must not switch. If it throws, that is thrown where the switch arrives, and the
 * tracing ends.
 * @param trace null: no tracing, which then costs nothing.
 * @returns the one set before.
 * @throws TypeError if it is neither a function nor null.
 */
export function settrace(trace: Trace | null): Trace | null {
  if (trace !== null && typeof trace !== "function") {
    throw new TypeError(`trace must be a function or null, not ${String(trace)}`);
  }
  const before = self.trace;
  self.trace = trace;
  self.origin = null;
  return before;
}

/** The function that sees every switch; null when there is none. */
export function gettrace(): Trace | null {
  return self.trace;
}

/** Follows the rules for dead and unstarted targets, and makes sure the result has a stack. */
function resolve(target: RawGreenlet): RawGreenlet {
  for (;;) {
    if (target.ended) {
      target = target.parent as RawGreenlet; // the root never ends, so there is one
    } else if (target.stack === NONE && self.thrown) {
      target.ended = true;
      target.fn = undefined;
      if (self.value instanceof GreenletExit) self.thrown = false;
    } else {
      if (target.stack === NONE) target.stack = takeStack();
      return target;
    }
  }
}

function takeStack(): number {
  const idle = self.idle.pop();
  if (idle !== undefined) return idle;
  const id = driver().binding.create();
  if (typeof id === "string") throw new StackExhaustedError(id);
  return id;
}

function go(target: RawGreenlet, value: unknown, thrown: boolean): unknown {
  const me = self.current;
  if (self.trace !== null) {
    if (self.tracing) throw new InvalidSwitchError("a trace function must not switch");
    self.origin = me;
  }
  self.value = value;
  self.thrown = thrown;
  try {
    target = resolve(target);
  } catch (error) {
    self.value = undefined;
    self.thrown = false;
    throw error;
  }
  if (target !== me) {
    self.current = target;
    (self.driver as OpenDriver).binding.transfer(target.stack);
    // We are back: whoever switched here has set `current` to us and filled the slot.
  }
  return receive();
}

function end(greenlet: RawGreenlet): void {
  greenlet.ended = true;
  greenlet.fn = undefined;
  self.idle.push(greenlet.stack);
  greenlet.stack = NONE;
}

/**
 * What the driver runs on a stack: one greenlet after the other, as far as it lets this function stay.
 * @param stack negative: on the root, after V8 terminated the running greenlet (`worker.terminate()`,
 * a timeout of `vm`). No `catch` or `finally` of it has run.
 */
function runOnStack(stack: number): number {
  if (stack < 0) {
    forgetTerminated();
    return 0;
  }
  const { binding } = self.driver as OpenDriver;
  let next: number;
  do next = runGreenlet();
  while (binding.finish(next));
  return next;
}

function forgetTerminated(): void {
  const me = self.current;
  if (me.stack > 0) end(me);
  self.current = self.root;
  self.value = undefined;
  self.thrown = false;
  self.tracing = false;
}

/** The current greenlet, from start to end. @returns the stack to go on with. */
function runGreenlet(): number {
  const me = self.current;
  const fn = me.fn as (value: unknown) => unknown;
  me.fn = undefined;
  try {
    self.value = fn(receive());
  } catch (error) {
    self.value = error;
    self.thrown = !(error instanceof GreenletExit);
  }
  end(me);
  let next: RawGreenlet;
  for (;;) {
    try {
      next = resolve(me);
      break;
    } catch (error) {
      // An ancestor that never started has no stack to start on: it dies of that.
      self.value = error;
      self.thrown = true;
    }
  }
  if (self.trace !== null) self.origin = me;
  self.current = next;
  return next.stack;
}

/** The greenlet that runs; the root when none does. */
export function current(): RawGreenlet {
  return self.current;
}

/** The root greenlet: the stack of the thread itself, on which Node's loop runs. */
export function root(): RawGreenlet {
  return self.root;
}

/**
 * Tells whether a stack may be left for long: a greenlet that parks inside a run of V8's microtask queue
 * keeps every promise of the thread from settling. So what this gives when it parks must be what it gave
 * when the greenlet was resumed.
 */
export function microtasks(): number {
  return self.driver === null ? 0 : self.driver.binding.microtasks();
}

/**
 * Finds and proves the driver now, instead of at the first switch to a new greenlet.
 * @throws UnsupportedPlatformError when none works here.
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
  /** Whether scavenges leave out stacks that have not run for a while, and how many the last one left out. */
  readonly skipsResting: boolean;
  readonly resting: number;
  /** How the low end of each stack is protected: `madvise`, `mprotect`, `none`, or by the `system` itself. */
  readonly guard: string;
}

/** @throws UnsupportedPlatformError when no driver works here. */
export function report(): SwitcherReport {
  const { name, binding, selfTest, refused, openedIn } = driver();
  const { stacks, ...rest } = binding.stats();
  const idle = self.idle.length;
  return { driver: name, refused, selfTest, openedIn, stacks: stacks - 1, idle, ...rest };
}

/** Gives the memory of idle stacks back to the system. Their address space stays for reuse. */
export function trim(): void {
  for (const id of self.idle) driver().binding.release(id);
}
