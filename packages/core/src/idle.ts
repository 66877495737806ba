import { hub } from "./hub.js";
import { deadline, left } from "./timer.js";
import { checkWait, type WaitOptions, Waiter } from "./waiter.js";

/**
 * Blocks until no other greenlet is ready and I/O has had its turn: for work that should disturb nobody.
 * @returns false when `timeout` milliseconds passed first.
 */
export function idle(options: WaitOptions = {}): boolean {
  checkWait(options);
  const { signal } = options;
  const end = deadline(options.timeout);
  do {
    const waiter = new Waiter("idle");
    const turn = setImmediate(() => waiter.switch());
    try {
      if (!waiter.settles({ timeout: left(end), signal })) return false;
    } finally {
      clearImmediate(turn);
    }
  } while (hub.busy && left(end) !== 0);
  return !hub.busy;
}
