import { Waiter } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { thrownHere } from "./errors.js";

/**
 * Waits for the callback of one operation.
 *
 * @param what names the call in dumps and errors.
 * @param start begins the operation, when nothing can be refused any more, and calls `done` once,
 *   now or later.
 * @throws the operation's error, with the stack of this call; or what interrupts the wait,
 *   untouched. The operation is not undone then: that is the caller's business.
 */
export function blockingCall<T>(
  what: string,
  start: (done: (error: Error | null, value?: T) => void) => void,
  options?: CallOptions | Deadline,
): T {
  const deadline = options instanceof Deadline ? options : Deadline.of(what, options);
  const waiter = new Waiter(what);
  let failure: Error | null = null;
  let result: T | undefined;
  start((error, value) => {
    failure = error;
    result = value;
    waiter.wake();
  });
  deadline.wait(waiter);
  if (failure !== null) throw thrownHere(failure);
  return result as T;
}
