import { wrongType } from "../errors.js";
import { wait } from "./wait.js";
import { checkWait, type WaitOptions } from "../wait-options.js";
import { blocker } from "../hub/waiter.js";

/**
 * Iterates an asynchronous iterable in a greenlet: `for (const x of blocking(source))` does what
 * `for await (const x of source)` does in asynchronous code. Each step blocks until the next item
 * is there. Leaving the loop early calls the source's `return` and waits for it.
 * @param options for the wait for each item. After `timeout` milliseconds it throws a Timeout.
 */
export function* blocking<T>(
  source: AsyncIterable<T>,
  options?: WaitOptions,
): Generator<T, void, undefined> {
  blocker("blocking");
  checkWait("blocking", options);
  if (typeof (source as Partial<AsyncIterable<T>> | null)?.[Symbol.asyncIterator] !== "function") {
    throw wrongType("source", "an async iterable", source, ": a plain one needs no blocking()");
  }
  const iterator = source[Symbol.asyncIterator]();
  let done = false;
  try {
    for (;;) {
      done = true; // an iterator that throws has ended, and is not told to
      const step = wait(iterator.next(), options) as IteratorResult<T>;
      if (step.done) return;
      done = false;
      yield step.value;
    }
  } finally {
    if (!done && iterator.return !== undefined) wait(iterator.return());
  }
}
