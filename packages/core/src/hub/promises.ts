import { types } from "node:util";
import { addToStack } from "../traces/error-stack.js";
import { Site } from "../traces/frames.js";
import type { WaitOptions } from "../wait-options.js";
import { Awaiters, type Then, thenOf } from "./awaiters.js";
import { hub } from "./hub.js";
import { awaitWhole, checkNotKilled, nameHalves } from "./module-lock.js";
import { deadline, timeLeft } from "./timer.js";
import { Waiter } from "./waiter.js";

/**
 * What a function has returned. If that is a real promise, of this realm or another, blocks until
 * it is settled and returns its value. Other thenables are plain values: calling `then` could start
 * a query, and a returned greenlet is not joined.
 * @param what the call, for errors and dumps.
 */
export function settled<T>(what: string, returned: T | Promise<T>): T {
  if (typeof returned !== "object" || returned === null || !types.isPromise(returned)) {
    return returned as T;
  }
  return waitForPromise(what, settled, returned, thenOf(returned) as Then, undefined) as T;
}

/**
 * Blocks until the promise is settled.
 * @param what the call, for errors and dumps.
 * @param below the function of greenlit that the program has called. Stacks begin with its caller.
 * @param then the promise's `then`, which is read only once.
 */
export function waitForPromise(
  what: string,
  below: object,
  promise: object,
  then: Then,
  options: WaitOptions | undefined,
): unknown {
  const waiter = new Waiter<unknown>(what);
  const end = deadline(options?.timeout);
  const all = Awaiters.join(promise, then, waiter);
  try {
    const value = waiter.wait(options);
    if (hub.loads.size > 0) awaitWhole(value, { ...options, timeout: timeLeft(end) });
    return value;
  } catch (error) {
    all.abandon();
    if (all.rejected && all.reason === error) {
      checkNotKilled(error);
      sayWhoWaited(error, promise, below);
      if (hub.loads.size > 0) nameHalves(error);
    }
    throw error;
  }
}

/**
 * Adds the stack of the waiting call to an error. The error was made on another stack, or on none.
 */
export function sayWhoWaited(error: unknown, promise: object, below: object): void {
  addToStack(error, "waited for", promise, new Site(below).frames);
}
