import { checkTimeout, Timer } from "./timer.js";
import { Waiter } from "./waiter.js";

/**
 * Blocks the greenlet for `ms` milliseconds. 0: yields once to every greenlet that is ready.
 * @throws RangeError if ms is negative or NaN.
 */
export function sleep(ms: number = 0): void {
  checkTimeout("ms", ms);
  const waiter = new Waiter("sleep");
  if (ms === 0) return waiter.yield();
  const timer = new Timer(ms, () => waiter.switch());
  try {
    waiter.wait();
  } finally {
    timer.stop();
  }
}
