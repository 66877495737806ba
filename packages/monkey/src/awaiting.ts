import type { WaitOptions } from "@greenlit/core";
import { checkWait, Waiter } from "@greenlit/core/blocking-call";

/**
 * A blocking call that is made of a promise.
 * @param what the call, for dumps and errors.
 * @param begin begins it, when nothing can be refused any more. It gives up when the signal aborts,
 *   as it does when the greenlet goes on.
 * @throws what the promise was rejected with; a Timeout, or the reason of the signal in `options`.
 */
export function awaiting<T>(
  what: string,
  options: WaitOptions | undefined,
  begin: (signal: AbortSignal) => Promise<T>,
): T {
  checkWait(what, options);
  const waiter = new Waiter<T>(what);
  const controller = new AbortController();
  begin(controller.signal).then(
    (value) => waiter.wake(value),
    (error: unknown) => waiter.fail(error),
  );
  try {
    return waiter.wait(options);
  } finally {
    controller.abort();
  }
}

/** What is for the wait, and what is for Node, of the options of a call. */
export function split<Options extends WaitOptions>(
  options: Options | undefined,
): [wait: WaitOptions, rest: Omit<Options, "timeout" | "signal">] {
  const { timeout, signal, ...rest } = options ?? ({} as Options);
  return [{ timeout, signal }, rest];
}
