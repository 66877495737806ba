import { inspect } from "node:util";
import { GreenlitError } from "@greenlit/switcher";
import { placeHere } from "./traces/frames.js";

export {
  GreenletExit,
  GreenlitError,
  InvalidSwitchError,
  StackExhaustedError,
  UnsupportedPlatformError,
} from "@greenlit/switcher";

const ON_THE_HUB =
  "this code runs on the hub, outside any greenlet. " +
  "Callbacks, code after `await` and exit handlers all run there. " +
  "Start a greenlet with run(() => ...), which returns a promise; " +
  "and inside a greenlet write wait(promise) instead of `await promise`";

/** A blocking call where there is no greenlet to suspend: in a callback, after `await`, at exit. */
export class BlockingSwitchOutError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_BLOCKING_SWITCH_OUT";
  declare readonly code: typeof BlockingSwitchOutError.code;

  /**
   * @param what the call, such as `sleep`.
   * @param why why it cannot block there. Default: it is not in a greenlet.
   */
  constructor(what: string, why: string = ON_THE_HUB) {
    super(BlockingSwitchOutError.code, `${what} cannot block here: ${why}.`);
    placeHere(this);
  }
}

/** Two greenlets use an object at the same time, which only one may do. */
export class ConcurrentObjectUseError extends GreenlitError {
  static readonly code = "ERR_GREENLIT_CONCURRENT_USE";
  declare readonly code: typeof ConcurrentObjectUseError.code;

  constructor(message: string) {
    super(ConcurrentObjectUseError.code, message);
  }
}

/** A deadlock: nothing is left that could wake the greenlets that wait. The text lists them. */
export class LoopExit extends GreenlitError {
  static readonly code = "ERR_GREENLIT_LOOP_EXIT";
  declare readonly code: typeof LoopExit.code;

  constructor(message: string) {
    super(LoopExit.code, message);
  }
}

/** The queue has been shut down: nothing can be put in. What is in it can still be taken out. */
export class QueueShutDown extends GreenlitError {
  static readonly code = "ERR_GREENLIT_QUEUE_SHUT_DOWN";
  declare readonly code: typeof QueueShutDown.code;

  constructor() {
    super(QueueShutDown.code, "the queue has been shut down");
  }
}

/** The channel has been closed: nothing can be sent. What is in it can still be received. */
export class ChannelClosed extends GreenlitError {
  static readonly code = "ERR_GREENLIT_CHANNEL_CLOSED";
  declare readonly code: typeof ChannelClosed.code;

  constructor() {
    super(ChannelClosed.code, "the channel has been closed");
  }
}

/** The error for a value that a caller passed: "name must be ..., not value". */
export function outOfRange(name: string, must: string, value: unknown): RangeError {
  return placeHere(new RangeError(`${name} must be ${must}, not ${shown(value)}`));
}

/** The same for a value of the wrong type. @param hint what to write instead. */
export function wrongType(name: string, must: string, value: unknown, hint = ""): TypeError {
  return placeHere(new TypeError(`${name} must be ${must}, not ${shown(value)}${hint}`));
}

/** A value in a message: on one line, whatever it is. */
export function shown(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return /^class\b/.test(String(value)) ? "a class" : "a function";
  if (typeof value !== "object" || value === null) return String(value);
  return kindOf(value);
}

function kindOf(value: object): string {
  try {
    const { name } = value.constructor;
    if (name === "Object" || typeof name !== "string" || name === "") return "an object";
    return `${/^[AEIO]/.test(name) ? "an" : "a"} ${name}`;
  } catch {
    return "an object"; // it has no prototype, or cannot be looked at, such as a revoked proxy
  }
}

/** An error as Node prints it. Never throws, also not for an error that Node cannot print. */
export function printed(error: unknown): string {
  try {
    return inspect(error);
  } catch (problem) {
    const why = shown(Object(problem).message);
    return `an error that cannot be shown (${kindOf(Object(error))}): ${why}`;
  }
}
