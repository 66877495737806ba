import { types } from "node:util";
import type { RefusedDriver } from "./proof.js";

const { isNativeError } = types;

/** The page with a section for each code; of the repository that package.json names. */
const PAGE = "https://github.com/greenlit/greenlit/blob/main/docs/errors.md";

/** One text for each code: a Timeout is made for many a call, and most are never read. */
const sections = new Map<string, string>();

/** Where to read on about a code, also that of a warning. */
export function docsOf(code: string): string {
  let section = sections.get(code);
  if (section === undefined) {
    section = `${PAGE}#${code.toLowerCase()}`;
    sections.set(code, section);
  }
  return section;
}

/** Every error greenlit throws has a `code` that never changes; the text may. */
export class GreenlitError extends Error {
  readonly code: string;
  /**
   * Where to read on. Not a part of `message`, which programs compare and log files repeat; but
   * a property of its own, so Node shows it below the stack wherever it prints the error.
   */
  readonly docs: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.docs = docsOf(code);
    this.name = new.target.name;
  }

  /**
   * npm may install a package twice, and each copy has classes of its own. So `instanceof` also
   * knows the error of another copy: by the `code` that a class declares for all its errors.
   * A class that declares none, such as a program's own, knows only what was made by it.
   */
  static override [Symbol.hasInstance](error: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, error)) return true;
    if (!isNativeError(error)) return false; // also what cannot be looked at, such as a proxy
    const code: unknown = Object.getOwnPropertyDescriptor(error, "code")?.value;
    if (typeof code !== "string") return false;
    if (this === GreenlitError) return code.startsWith("ERR_GREENLIT_");
    return code === Object.getOwnPropertyDescriptor(this, "code")?.value;
  }
}

/**
 * Ends a greenlet without being a failure. If a greenlet does not catch it, the greenlet ends with
 * the error as its result. `kill()` throws it into a greenlet.
 */
export class GreenletExit extends GreenlitError {
  static readonly code = "ERR_GREENLIT_EXIT";
  declare readonly code: typeof GreenletExit.code;

  constructor(message = "the greenlet was told to end") {
    super(GreenletExit.code, message);
  }
}

/** Whether this is a GreenletExit, also for what is no error and cannot be looked at. */
export function isGreenletExit(error: unknown): boolean {
  return isNativeError(error) && error instanceof GreenletExit;
}

/** A switch that can never be right, such as a parent that is its own descendant. */
export class InvalidSwitchError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_INVALID_SWITCH";
  declare readonly code: typeof InvalidSwitchError.code;

  constructor(message: string) {
    super(InvalidSwitchError.code, message);
  }
}

/** No driver can suspend a stack in this process. The text names each one tried, and why not. */
export class UnsupportedPlatformError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_UNSUPPORTED_PLATFORM";
  declare readonly code: typeof UnsupportedPlatformError.code;
  /** The drivers that were tried; empty when there is no binary for this Node. */
  readonly refused: readonly RefusedDriver[];

  constructor(message: string, options?: ErrorOptions, refused: readonly RefusedDriver[] = []) {
    super(UnsupportedPlatformError.code, message, options);
    this.refused = refused;
  }
}

/**
 * The system has no memory or address space for one more stack. Nothing has been started or lost.
 */
export class StackExhaustedError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_STACK_EXHAUSTED";
  declare readonly code: typeof StackExhaustedError.code;

  constructor(message: string) {
    super(StackExhaustedError.code, message);
  }
}
