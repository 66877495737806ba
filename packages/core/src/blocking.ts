import { wait } from "./wait.js";
import { blocker, checkWait, type WaitOptions } from "./waiter.js";

/**
 * An asynchronous iterable in blocking style: what `for await (const x of source)` is in asynchronous code,
 * `for (const x of blocking(source))` is in a greenlet. Leaving the loop early calls the source's `return`
 * and waits for it.
 * @param options for each item; timeout throws Timeout.
 */
export function* blocking<T>(
  source: AsyncIterable<T>,
  options?: WaitOptions,
): Generator<T, void, undefined> {
  blocker("blocking");
  checkWait(options);
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
