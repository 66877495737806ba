import { clearImmediate, setImmediate } from "../time/node-timers.js";
import { hub } from "../hub/hub.js";
import { deadline, timeLeft } from "../hub/timer.js";
import { checkWait, type WaitOptions } from "../wait-options.js";
import { Waiter } from "../hub/waiter.js";

/**
 * Blocks until no other greenlet is ready and Node's loop has handled its I/O. For work that should
 * not disturb others.
 * @returns false when `timeout` milliseconds passed first.
 */
export function idle(options: WaitOptions = {}): boolean {
  checkWait("idle", options);
  const { signal } = options;
  const end = deadline(options.timeout);
  do {
    const waiter = new Waiter("idle");
    const turn = setImmediate(() => waiter.switch());
    try {
      if (!waiter.tryWait({ timeout: timeLeft(end), signal })) return false;
    } finally {
      clearImmediate(turn);
    }
  } while (hub.busy && timeLeft(end) !== 0);
  return !hub.busy;
}
