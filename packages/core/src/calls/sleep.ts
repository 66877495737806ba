import { Timer } from "../hub/timer.js";
import { checkOptions, checkSignal, checkTime, type WaitOptions } from "../wait-options.js";
import { giveWay, Waiter } from "../hub/waiter.js";

const OPTIONS = ["signal"];

/**
 * Blocks the greenlet for `ms` milliseconds. 0: gives every greenlet that is ready one turn.
 * @param options signal: ends the sleep with its reason.
 * @throws RangeError if ms is negative or NaN, TypeError if it is no number; the signal's reason.
 */
export function sleep(ms: number = 0, options?: Pick<WaitOptions, "signal">): void {
  checkTime("ms", ms);
  checkOptions("sleep", options, OPTIONS);
  const signal = options?.signal;
  checkSignal(signal);
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
