import { fileURLToPath } from "node:url";

/** The folder that holds this package and its siblings. */
const SIBLINGS = new URL("../../../", import.meta.url).href;

/**
 * Matches frames in a package's own code, but not in its tests: they tell a user nothing. Under
 * --enable-source-maps a frame has a path in place of a URL.
 */
const OWN = [SIBLINGS, fileURLToPath(SIBLINGS)].map(
  (folder) =>
    new RegExp(`${folder.replaceAll(/[^\w/]/g, "\\$&")}[^/\\\\]+[/\\\\](dist|src)[/\\\\]`),
);

/** Matches frames in Node's code: they tell a user nothing either. */
const NODE = /(?:\(|at |async )node:/;

/** A function of V8's, such as Array.map or the `next` of a generator. */
const BUILTIN = /\((?:<anonymous>|native)\)$/;

/** The lines of a stack that are frames. */
export function allFrames(stack: unknown): string[] {
  if (typeof stack !== "string") return []; // Error.prepareStackTrace may give anything
  return stack.split("\n").filter((line) => line.startsWith("    at "));
}

function isHidden(line: string): boolean {
  return NODE.test(line) || OWN.some((own) => own.test(line));
}

/** The frames of a stack without those of greenlit and Node, and without builtins beside those. */
export function userFrames(stack: unknown): string[] {
  const frames = allFrames(stack);
  const hidden = frames.map(isHidden);
  return frames.filter((line, i) => {
    if (hidden[i] === true) return false;
    return !BUILTIN.test(line) || !(hidden[i - 1] === true || hidden[i + 1] === true);
  });
}

/** The first of them, without its indentation; "" if there is none. */
export function userFrame(stack: unknown): string {
  return (userFrames(stack)[0] ?? "").trim();
}

/**
 * This many frames are captured beyond those to show, for those of greenlit and Node that are left
 * out. Each takes 0.2 us.
 */
const HIDDEN = 8;

/**
 * Gives the running greenlet. Set by the hub: this file cannot import it, because the hub imports
 * this file.
 */
let running: (() => { noSwitches: number } | null) | undefined;

/** @internal Forbids the running greenlet to switch while a stack is formatted here. */
export function whileNobodySwitches(current: typeof running): void {
  running = current;
}

/** The stack of a moment, formatted only when somebody looks. */
export class Site {
  stack?: string;
  private readonly limit: number;

  /**
   * The stack here.
   * @param below the function whose callers it begins with. Default: the caller.
   * @param most the most frames to show. Default: as many as errors have.
   * @param hidden how many more to look at.
   */
  constructor(below: object | null = null, most: number = Infinity, hidden: number = HIDDEN) {
    const { stackTraceLimit } = Error;
    this.limit = Math.min(most, stackTraceLimit || 0);
    if (this.limit === 0) return;
    Error.stackTraceLimit = this.limit + hidden;
    Error.captureStackTrace(this, (below ?? Site) as typeof Site);
    Error.stackTraceLimit = stackTraceLimit;
  }

  /** Formats it, and forgets what V8 keeps for that. */
  format(): void {
    const stack = this.text();
    if (stack !== undefined) this.stack = stack;
  }

  /** The user's frames. */
  get frames(): string[] {
    return userFrames(this.text()).slice(0, this.limit);
  }

  /** The user's frames; all frames when there is none of the user's. */
  get someFrames(): string[] {
    const { frames } = this;
    return frames.length > 0 ? frames : allFrames(this.text()).slice(0, this.limit);
  }

  /**
   * To format it V8 may call the program's Error.prepareStackTrace. That happens in the middle of
   * greenlit's work, so it must not block. Undefined when it throws.
   */
  private text(): string | undefined {
    const current = running?.();
    if (current) current.noSwitches++;
    try {
      return this.stack;
    } catch {
      return undefined;
    } finally {
      if (current) current.noSwitches--;
    }
  }
}

/** Where errors were placed whose stacks nobody has looked at yet. */
const places = new WeakMap<object, Site>();

/**
 * One descriptor for all errors: with functions of its own, each error would take three times as
 * long.
 */
const LAZY_STACK: PropertyDescriptor = {
  get(this: Error): string {
    const error = placedOne(this);
    const frames = error === null ? [] : (places.get(error) as Site).someFrames;
    const stack = [String(this), ...frames].join("\n");
    if (error !== null && Object.isExtensible(error)) setStack(error, stack);
    return stack;
  },
  set(this: Error, stack: unknown) {
    setStack(this, stack);
  },
  configurable: true,
  enumerable: false,
};

/** The error, or the one it inherits from. */
function placedOne(error: object | null): object | null {
  if (error === null || places.has(error)) return error;
  return placedOne(Object.getPrototypeOf(error) as object | null);
}

function setStack(error: object, stack: unknown): void {
  places.delete(error);
  Object.defineProperty(error, "stack", {
    value: stack,
    configurable: true,
    enumerable: false,
    writable: true,
  });
}

/**
 * Gives an error of greenlit the stack of the place where it is thrown, without greenlit's own
 * frames: they could fill it before the first frame of a user.
 */
export function placeHere<E extends Error>(error: E): E {
  places.set(error, new Site(placeHere));
  return Object.defineProperty(error, "stack", LAZY_STACK);
}

/** Errors that were made before it was known where they would be thrown. */
const placeless = new WeakSet<Error>();

/** The error gets its place when it is thrown into a greenlet. */
export function placeLater<E extends Error>(error: E): E {
  placeless.add(error);
  return error;
}

/** The error itself, with its place, if it was waiting for one. To be called where it is thrown. */
export function placed(error: unknown): unknown {
  // It may be anything, a revoked proxy too; the set only compares.
  if (placeless.delete(error as Error)) placeHere(error as Error);
  return error;
}
