import { checkTimeout, Timer } from "./timer.js";
import { checkWait, Waiter, type WaitOptions } from "./waiter.js";

/**
 * Blocks the greenlet for `ms` milliseconds. 0: yields once to every greenlet that is ready.
 * @param options signal: ends the sleep with its reason.
 * @throws RangeError if ms is negative or NaN; the signal's reason.
 */
export function sleep(ms: number = 0, options?: Pick<WaitOptions, "signal">): void {
  checkTimeout("ms", ms);
  const signal = options?.signal;
  if (signal !== undefined) checkWait({ signal });
  const waiter = new Waiter("sleep");
  if (ms === 0) {
    waiter.yield();
    return signal?.throwIfAborted();
  }
  const timer = new Timer(ms, () => waiter.switch());
  try {
    waiter.wait(signal === undefined ? undefined : { signal });
  } finally {
    timer.stop();
  }
}
