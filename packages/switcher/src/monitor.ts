import { loadBinding } from "./binding.js";

/**
 * Watches the event loop of this thread from another thread. When the loop has neither turned nor
 * slept for `limit` milliseconds, it takes the stack of the code that runs, in a greenlet or not:
 * once for each block. If the block is outside JavaScript, it takes the stack when JavaScript goes
 * on.
 *
 * @returns a function that ends the watching.
 * @throws RangeError for a limit out of range; Error if a monitor runs already in this thread.
 */
export function startMonitor({
  limit = 100,
  onBlocked,
}: {
  /** Milliseconds, 10 to 60,000. */
  limit?: number;
  /**
   * Called on the hub when the loop turns again, with the milliseconds that it was blocked, and the
   * frames, one on a line, each "    at ...". Without it they are written to stderr while the loop
   * is still blocked.
   */
  onBlocked?: ((ms: number, stack: string) => void) | undefined;
} = {}): () => void {
  if (!(limit >= 10 && limit <= 60_000)) {
    throw new RangeError(`limit must be a number of milliseconds from 10 to 60000, not ${limit}`);
  }
  if (onBlocked !== undefined && typeof onBlocked !== "function") {
    throw new TypeError(`onBlocked must be a function, not ${String(onBlocked)}`);
  }
  const binding = loadBinding();
  if (!binding.startMonitor(limit, onBlocked)) {
    throw new Error("a monitor runs already, or the system gives no thread for it");
  }
  let running = true;
  return () => {
    if (running) binding.stopMonitor();
    running = false;
  };
}
