import { Awaiters, thenOf } from "../hub/awaiters.js";
import { outOfRange, wrongType } from "../errors.js";
import { Fifo } from "../collections/fifo.js";
import { deadline, timeLeft } from "../hub/timer.js";
import { Entry } from "../hub/wait-list.js";
import { checkIterable, checkWait, WAIT, type WaitOptions } from "../wait-options.js";
import { Waiter } from "../hub/waiter.js";

/**
 * An object that can say when it is ready: greenlets, events, results, semaphores, queues,
 * channels.
 */
export interface Waitable {
  readonly ready: boolean;
  link(fn: (ready: this) => void): void;
  unlink(fn: (ready: this) => void): void;
}

/** For `waitAll` and `iwait`. */
export interface WaitAllOptions extends WaitOptions {
  /** Stop when this many are ready. Default: all. */
  readonly count?: number;
}

const OPTIONS = [...WAIT, "count"];

/**
 * Yields the objects themselves, each once, in the order in which they become ready. Blocks while
 * none is ready, and takes nothing from them. Ends after all, or after `count`, or when `timeout`
 * milliseconds have passed since it began. Leaving early leaves no trace in the objects.
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
  options: WaitAllOptions = {},
): IterableIterator<T> {
  checkWait(what, options, OPTIONS);
  checkIterable("objects", objects, "an iterable", `${what}([...])`);
  const { timeout, signal, count } = options;
  const all = [...new Set(objects)];
  const wanted = Math.min(count ?? Infinity, all.length);
  if (count !== undefined && !(typeof count === "number" && count >= 0))
    throw outOfRange("count", "a number, 0 or more", count);
  const end = deadline(timeout);
  const ready = new Fifo<T>();
  let waiter: Waiter | null = null;
  const undo: (() => void)[] = [];
  try {
    for (const [i, object] of all.entries()) {
      const stop = watch(object, i, () => {
        ready.push(object);
        waiter?.wake();
      });
      undo.push(stop);
    }
    for (let n = 0; n < wanted; n++) {
      if (ready.length === 0) {
        waiter = new Waiter(what);
        if (!waiter.tryWait({ timeout: timeLeft(end), signal })) return;
      }
      yield ready.shift() as T;
    }
  } finally {
    for (const stop of undo) stop();
  }
}

/**
 * Blocks until all objects are ready, or `count` of them, or until `timeout` milliseconds have
 * passed.
 * @returns those that are ready, in the order in which they became so.
 * @throws TypeError for what cannot be waited for; the signal's reason.
 */
export function waitAll<T extends Waitable | PromiseLike<unknown>>(
  objects: Iterable<T>,
  options?: WaitAllOptions,
): T[] {
  return [...readyOnes("waitAll", objects, options)];
}

/** The entry of one promise in its list of waiters. */
class Watcher extends Entry<unknown> {
  private readonly fn: () => void;

  constructor(fn: () => void) {
    super();
    this.fn = fn;
  }

  wake(): void {
    this.stop();
    this.fn();
  }

  fail(): void {
    this.wake();
  }

  stop(): void {
    this.list?.remove(this);
  }
}

function watch(object: unknown, i: number, fn: () => void): () => void {
  if (typeof (object as Partial<Waitable> | null | undefined)?.link === "function") {
    const waitable = object as Waitable;
    waitable.link(fn);
    return () => waitable.unlink(fn);
  }
  const then = thenOf(object);
  if (then === undefined) {
    throw wrongType(`objects[${i}]`, "what can be waited for", object, hint(object));
  }
  const watcher = new Watcher(fn);
  const all = Awaiters.join(object as object, then, watcher);
  return () => {
    watcher.stop();
    all.abandon();
  };
}

function hint(object: unknown): string {
  return typeof object === "function" ? ": write spawn(fn), or fn() if it gives a promise" : "";
}
