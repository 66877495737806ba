import { checkWait, type WaitOptions, Waiter } from "./waiter.js";

/**
 * What `await` is in asynchronous code: blocks the greenlet until the promise is settled, and returns
 * its value. A value that is no thenable is returned as it is.
 * @throws what the promise was rejected with; an Error gets the stack of this call added to its own.
 * @throws Timeout after `timeout` milliseconds, or the signal's reason; the promise goes on.
 */
export function wait<T>(promise: T, options?: WaitOptions): Awaited<T> {
  checkWait(options);
  const then = thenOf(promise);
  if (then === undefined) return promise as Awaited<T>;
  const waiter = new Waiter<Awaited<T>>("wait");
  let reason: { error: unknown } | null = null;
  const fail = (error: unknown): void => {
    reason = { error };
    waiter.fail(error);
  };
  const wake = (value: unknown): void => {
    // What a promise gives is no thenable; what another thenable gives may be one.
    if (thenOf(value) === undefined) waiter.wake(value as Awaited<T>);
    else Promise.resolve(value).then(wake, fail);
  };
  try {
    Reflect.apply(then, promise, [wake, fail]);
  } catch (error) {
    fail(error);
  }
  try {
    return waiter.wait(options);
  } catch (error) {
    if (reason !== null && (reason as { error: unknown }).error === error) addStack(error);
    throw error;
  }
}

function thenOf(value: unknown): ((...args: never[]) => unknown) | undefined {
  const then = (value as { then?: unknown } | null | undefined)?.then;
  return typeof then === "function" ? (then as (...args: never[]) => unknown) : undefined;
}

/** The error was born elsewhere, on no stack or another one: say who waited for it. */
function addStack(error: unknown): void {
  if (!(error instanceof Error) || typeof error.stack !== "string") return;
  const here: { stack?: string } = {};
  Error.captureStackTrace(here, wait);
  const frames = here.stack?.slice(here.stack.indexOf("\n") + 1);
  // Unlike an assignment, this does not throw where the stack is read-only.
  Reflect.set(error, "stack", `${error.stack}\n    -- waited for --\n${frames}`);
}
