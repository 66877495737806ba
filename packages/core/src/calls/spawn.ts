import { RawGreenlet, root } from "@greenlit/switcher";
import { Greenlet } from "../hub/greenlet.js";
import { hub } from "../hub/hub.js";
import { checkTime } from "../wait-options.js";

/**
 * Starts `fn(...args)` in a greenlet of its own. It is queued, and runs when the current greenlet
 * blocks or ends. Its error is kept for `get`, and reported when nobody has asked for it. If `fn`
 * returns a promise, the greenlet waits for it, and ends with its value or error.
 * @throws TypeError when `fn` is no function.
 */
export function spawn<A extends readonly unknown[], T>(
  fn: (...args: A) => T | Promise<T>,
  ...args: A
): Greenlet<T> {
  return new Greenlet<T>(fn as unknown as (...args: never[]) => T, args);
}

/**
 * As `spawn`, for a package that starts greenlets at one place all the time: it does not remember
 * where, which would take longer than all the rest.
 * @param onEnd called when it ends, however that comes about, also when it was killed before it
 *   ran. It runs at the end of the greenlet's stack or at the one who killed it, so it must not
 *   block or throw.
 */
export function spawnWithoutSite<A extends readonly unknown[], T>(
  onEnd: () => void,
  fn: (...args: A) => T,
  ...args: A
): Greenlet<T> {
  const { sitesLeft } = hub;
  hub.sitesLeft = 0;
  try {
    const greenlet = new Greenlet<T>(fn as unknown as (...args: never[]) => T, args);
    greenlet.onEnd = onEnd;
    return greenlet;
  } finally {
    hub.sitesLeft = sitesLeft;
  }
}

/**
 * As `spawn`, but the greenlet is queued only after `ms` milliseconds. If it is killed before that,
 * it never runs.
 * @throws RangeError if ms is negative or NaN, TypeError if it is no number.
 */
export function spawnLater<A extends readonly unknown[], T>(
  ms: number,
  fn: (...args: A) => T | Promise<T>,
  ...args: A
): Greenlet<T> {
  checkTime("ms", ms);
  return new Greenlet<T>(fn as unknown as (...args: never[]) => T, args, ms);
}

/**
 * Starts `fn(...args)` on a bare stack of its own, which switches by hand: it has no result and no
 * links, and cannot make blocking calls. Its error is uncaught. Like gevent's spawn_raw.
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
 * Starts `fn(...args)` in a greenlet, and returns a promise of its result at once. It can be called
 * anywhere, also outside greenlets. Inside `fn`, blocking calls block only that greenlet.
 */
export function run<A extends readonly unknown[], T>(
  fn: (...args: A) => T,
  ...args: A
): Promise<Awaited<T>> {
  const greenlet = spawn(fn, ...args);
  greenlet.isMain = true;
  return greenlet.then((value) => value) as Promise<Awaited<T>>;
}

/** The running greenlet. Null on the hub: in callbacks, after `await`, in plain Node code. */
export function getCurrent(): Greenlet | null {
  return hub.current;
}
