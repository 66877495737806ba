import { RawGreenlet, root } from "@greenlit/switcher";
import { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";

/**
 * Starts `fn(...args)` in a greenlet of its own. It is queued, and runs when the current greenlet blocks
 * or ends. Its error is kept for `get`, and reported if nobody is there to ask.
 */
export function spawn<A extends readonly unknown[], T>(
  fn: (...args: A) => T,
  ...args: A
): Greenlet<T> {
  return new Greenlet<T>(fn as unknown as (...args: never[]) => T, args);
}

/** As `spawn`, but it is queued only after `ms` milliseconds. Killed before, it never runs. */
export function spawnLater<A extends readonly unknown[], T>(
  ms: number,
  fn: (...args: A) => T,
  ...args: A
): Greenlet<T> {
  return new Greenlet<T>(fn as unknown as (...args: never[]) => T, args, ms);
}

/**
 * Starts `fn(...args)` on a stack of its own and nothing else: no result, no links, no blocking calls; it
 * switches by hand. Its error is uncaught. As gevent's spawn_raw.
 */
export function spawnRaw<A extends readonly unknown[]>(
  fn: (...args: A) => unknown,
  ...args: A
): RawGreenlet {
  const raw = new RawGreenlet(() => fn(...args), root());
  hub.schedule(() => void raw.switch());
  return raw;
}

/**
 * Starts `fn(...args)` in a greenlet, from code that is in none (or from anywhere), and gives a promise
 * of what comes of it. Inside `fn`, blocking calls block only that greenlet.
 */
export function run<A extends readonly unknown[], T>(
  fn: (...args: A) => T,
  ...args: A
): Promise<Awaited<T>> {
  const greenlet = spawn(fn, ...args);
  greenlet.isMain = true;
  return greenlet.then((value) => value) as Promise<Awaited<T>>;
}

/** The greenlet that runs; null on the hub: in callbacks, after `await`, in plain Node code. */
export function getCurrent(): Greenlet | null {
  return hub.current;
}
