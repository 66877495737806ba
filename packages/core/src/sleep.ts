import { checkTimeout, Timer } from "./timer.js";
import { checkWait, giveWay, Waiter, type WaitOptions } from "./waiter.js";

/**
 * Blocks the greenlet for `ms` milliseconds. 0: yields once to every greenlet that is ready.
 * @param options signal: ends the sleep with its reason.
 * @throws RangeError if ms is negative or NaN; the signal's reason.
 */
export function sleep(ms: number = 0, options?: Pick<WaitOptions, "signal">): void {
  checkTimeout("ms", ms);
  const signal = options?.signal;
  if (signal !== undefined) checkWait({ signal });
  if (ms === 0) {
    giveWay("sleep");
    return signal?.throwIfAborted();
  }
  const waiter = new Waiter("sleep");
  const timer = new Timer(ms, waiter);
  try {
    waiter.wait(signal === undefined ? undefined : { signal });
  } finally {
    timer.stop();
  }
}
