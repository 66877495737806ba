import { Timeout } from "../hub/timeout.js";
import type { WaitOptions } from "../wait-options.js";

/** What can be held for the length of a block. */
interface Lock {
  acquireAs(what: string, options: WaitOptions | undefined): boolean;
  release(): void;
}

/**
 * Takes the lock.
 * @returns an object that releases the lock once, at the end of a `using` block.
 * @param what the call, for errors and dumps.
 * @throws Timeout after `timeout` milliseconds.
 */
export function hold(lock: Lock, what: string, options: WaitOptions | undefined): Disposable {
  if (!lock.acquireAs(what, options)) throw Timeout.expired(options?.timeout as number, what);
  let held = true;
  return {
    [Symbol.dispose]: () => {
      if (held) lock.release();
      held = false;
    },
  };
}
