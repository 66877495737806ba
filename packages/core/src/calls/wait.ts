import { promiseThen, thenOf } from "../hub/awaiters.js";
import { wrongType } from "../errors.js";
import { Greenlet } from "../hub/greenlet.js";
import { sayWhoWaited, waitForPromise } from "../hub/promises.js";
import { deadline, timeLeft } from "../hub/timer.js";
import { checkWait, type WaitOptions } from "../wait-options.js";

/**
 * Does what `await` does in asynchronous code: blocks the greenlet until the promise is settled,
 * and returns its value. A value that is no thenable is returned as it is. For the promise of an
 * `import()`, also waits until the module is whole, if another greenlet is evaluating it.
 * @throws what the promise was rejected with; an Error gets the stack of this call added to its
 *   own.
 * @throws Timeout after `timeout` milliseconds, or the signal's reason. The promise goes on.
 * @throws TypeError for things that need another call to wait: a function, an event or a queue, an
 *   array of promises.
 */
export function wait<T>(promise: T, options?: WaitOptions): Awaited<T> {
  checkWait("wait", options);
  const then = thenOf(promise);
  if (then === undefined) {
    checkValue(promise, arguments.length);
    return promise as Awaited<T>;
  }
  if (then !== promiseThen && promise instanceof Greenlet) {
    return waitForGreenlet(promise, options) as Awaited<T>;
  }
  return waitForPromise("wait", wait, promise as object, then, options) as Awaited<T>;
}

/** As for its promise, but a wait that ends early leaves no trace in the greenlet. */
function waitForGreenlet(greenlet: Greenlet, options: WaitOptions | undefined): unknown {
  const end = deadline(options?.timeout);
  let value: unknown;
  try {
    value = greenlet.getFor("wait", options);
  } catch (error) {
    if (greenlet.failed && greenlet.exception === error) sayWhoWaited(error, greenlet, wait);
    throw error;
  }
  return wait(value, options && { timeout: timeLeft(end), signal: options.signal });
}

/** How many elements of an array are checked. */
const LOOKED_AT = 10;

/**
 * @throws TypeError for a value that the caller surely meant to wait for.
 */
function checkValue(value: unknown, given: number): void {
  if (given === 0) throw wrongType("promise", "given", value, ": write wait(promise)");
  if (typeof value === "function") {
    throw wrongType("promise", "a promise", value, ": write wait(fn()), or spawn(fn).get()");
  }
  if (typeof value !== "object" || value === null) return;
  if (isWaitable(value)) {
    const hint = ": call its own method that waits, or write waitAll([it])";
    throw wrongType("promise", "a promise", value, hint);
  }
  if (Array.isArray(value) && value.slice(0, LOOKED_AT).some(isToBeWaitedFor)) {
    const hint = ": write waitAll([...]), joinAll([...]) or wait(Promise.all([...]))";
    throw wrongType("promise", "a promise", value, hint);
  }
}

function isToBeWaitedFor(value: unknown): boolean {
  try {
    return thenOf(value) !== undefined || isWaitable(value);
  } catch {
    return false; // a value like any other, whose getters throw
  }
}

function isWaitable(value: unknown): boolean {
  try {
    const { ready, link } = (value ?? {}) as { ready?: unknown; link?: unknown };
    return typeof ready === "boolean" && typeof link === "function";
  } catch {
    return false;
  }
}
