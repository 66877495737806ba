import { GreenletExit, GreenlitError } from "@greenlit/switcher";

export {
  GreenletExit,
  GreenlitError,
  InvalidSwitchError,
  StackExhaustedError,
  UnsupportedPlatformError,
} from "@greenlit/switcher";

/** A blocking call where there is no greenlet to suspend: in a callback, after `await`, at exit. */
export class BlockingSwitchOutError extends GreenlitError {
  /** @param what the call, e.g. `sleep`. @param why why it cannot block there. */
  constructor(what: string, why = "this code runs on the hub, outside any greenlet") {
    super(
      "ERR_GREENLIT_BLOCKING_SWITCH_OUT",
      `${what} cannot block here: ${why}. ` +
        "Callbacks, code after `await` and exit handlers all run there. " +
        "Start a greenlet with run(() => ...), which returns a promise; " +
        "and inside a greenlet write wait(promise) instead of `await promise`.",
    );
  }
}

/** True for a GreenletExit, also one that another copy of the package has made. */
export function isExit(error: unknown): boolean {
  if (error instanceof GreenletExit) return true;
  return error instanceof Error && (error as { code?: unknown }).code === "ERR_GREENLIT_EXIT";
}

/** Two greenlets use an object at once that only one may use. */
export class ConcurrentObjectUseError extends GreenlitError {
  constructor(message: string) {
    super("ERR_GREENLIT_CONCURRENT_USE", message);
  }
}

/** Nothing is left that could ever wake the greenlets that wait. The text lists them. */
export class LoopExit extends GreenlitError {
  constructor(message: string) {
    super("ERR_GREENLIT_LOOP_EXIT", message);
  }
}

/** The queue has been shut down: nothing more goes in, and, once it is empty, nothing comes out. */
export class QueueShutDown extends GreenlitError {
  constructor() {
    super("ERR_GREENLIT_QUEUE_SHUT_DOWN", "the queue has been shut down");
  }
}

/** The channel has been closed: nothing more goes in, and, once it is empty, nothing comes out. */
export class ChannelClosed extends GreenlitError {
  constructor() {
    super("ERR_GREENLIT_CHANNEL_CLOSED", "the channel has been closed");
  }
}

/** For values that came in from outside: "name must be ..., not value". */
export function outOfRange(name: string, must: string, value: unknown): RangeError {
  return new RangeError(`${name} must be ${must}, not ${String(value)}`);
}
