import { ENDED, Steps } from "@greenlit/core/blocking-call";
import { SocketClosedError } from "./errors.js";

/**
 * Iterates over what `read` returns, until that is null.
 *
 * @param leave is called once, however the iteration ends.
 */
export function untilNull<T>(read: () => T | null, leave?: () => void): Steps<T> {
  return new Steps<T>(() => {
    const value = read();
    return value === null ? ENDED : { done: false, value };
  }, leave);
}

/** Iterates over what `take` returns, until what it takes from is closed. */
export function untilClosed<T>(isClosed: () => boolean, take: () => T): Steps<T> {
  return new Steps<T>(() => {
    if (isClosed()) return ENDED;
    try {
      return { done: false, value: take() };
    } catch (error) {
      if (error instanceof SocketClosedError) return ENDED;
      throw error;
    }
  });
}
