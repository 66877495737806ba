import { outOfRange } from "./errors.js";
import { Fifo } from "./fifo.js";
import { deadline, left } from "./timer.js";
import { checkWait, type WaitOptions, Waiter } from "./waiter.js";

/** What tells when it is ready: greenlets, events, results, semaphores, queues, channels. */
export interface Waitable {
  readonly ready: boolean;
  link(fn: (ready: this) => void): void;
  unlink(fn: (ready: this) => void): void;
}

/** For `waitAll` and `iwait`. */
export interface WaitAllOptions extends WaitOptions {
  /** Stop after so many are ready; default: all. */
  readonly count?: number;
}

/**
 * Gives the objects themselves, each once, in the order in which they become ready; nothing is taken from
 * them. Ends when all were given, or `count`, or when `timeout` milliseconds have passed since it began.
 * Leaving early leaves no trace in the objects.
 * @throws TypeError for what cannot be waited for; the signal's reason.
 */
export function iwait<T extends Waitable | PromiseLike<unknown>>(
  objects: Iterable<T>,
  options?: WaitAllOptions,
): IterableIterator<T> {
  return readyOnes("iwait", objects, options);
}

/** @internal @param what the call, for errors and dumps. */
export function* readyOnes<T extends Waitable | PromiseLike<unknown>>(
  what: string,
  objects: Iterable<T>,
  { timeout, signal, count }: WaitAllOptions = {},
): IterableIterator<T> {
  checkWait({ timeout, signal });
  const all = [...new Set(objects)];
  const wanted = Math.min(count ?? Infinity, all.length);
  if (!(wanted >= 0)) throw outOfRange("count", "a number, 0 or more", count);
  const end = deadline(timeout);
  const ready = new Fifo<T>();
  let waiter: Waiter | null = null;
  const undo = all.map((object, i) =>
    watch(object, i, () => {
      ready.push(object);
      waiter?.wake();
    }),
  );
  try {
    for (let n = 0; n < wanted; n++) {
      if (ready.length === 0) {
        waiter = new Waiter(what);
        if (!waiter.settles({ timeout: left(end), signal })) return;
      }
      yield ready.shift() as T;
    }
  } finally {
    for (const stop of undo) stop();
  }
}

/** All that `iwait` gives, at once: those that were ready in time, in the order in which they became so. */
export function waitAll<T extends Waitable | PromiseLike<unknown>>(
  objects: Iterable<T>,
  options?: WaitAllOptions,
): T[] {
  return [...readyOnes("waitAll", objects, options)];
}

function watch(object: Waitable | PromiseLike<unknown>, i: number, fn: () => void): () => void {
  if (typeof (object as Partial<Waitable> | null)?.link === "function") {
    const waitable = object as Waitable;
    waitable.link(fn);
    return () => waitable.unlink(fn);
  }
  if (typeof (object as Partial<PromiseLike<unknown>> | null)?.then !== "function") {
    throw new TypeError(`objects[${i}] cannot be waited for: ${String(object)}`);
  }
  let wanted = true;
  const once = (): void => {
    if (wanted) fn();
  };
  (object as PromiseLike<unknown>).then(once, once);
  return () => {
    wanted = false;
  };
}
