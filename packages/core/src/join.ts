import { GreenletExit } from "./errors.js";
import type { Greenlet, KillOptions } from "./greenlet.js";
import { hub } from "./hub.js";
import { checkTimeout, deadline, left } from "./timer.js";
import { readyOnes } from "./wait-all.js";
import { blocker, checkWait, type WaitOptions } from "./waiter.js";

/**
 * Waits until all greenlets have ended, or `timeout` milliseconds have passed.
 * @param options raiseError: throw the first error as soon as it happens; the other greenlets go on.
 * @returns those that have ended, in the order given.
 * @throws the signal's reason.
 */
export function joinAll<T>(
  greenlets: Iterable<Greenlet<T>>,
  { raiseError = false, ...options }: WaitOptions & { raiseError?: boolean } = {},
): Greenlet<T>[] {
  if (!raiseError) return joinEach("joinAll", greenlets, options);
  checkWait(options);
  const all = [...greenlets];
  for (const greenlet of all) greenlet.observe();
  throwFailure(all.filter(({ dead }) => dead));
  throwFailure(
    readyOnes(
      "joinAll",
      all.filter(({ dead }) => !dead),
      options,
    ),
  );
  return all.filter(({ dead }) => dead);
}

/** Throws what the first of them that failed threw, when it comes. */
function throwFailure(ended: Iterable<Greenlet>): void {
  for (const greenlet of ended) if (!greenlet.successful) throw greenlet.exception;
}

/** @internal One after the other. @param what the call, for errors and dumps. @returns those that have ended. */
export function joinEach<T>(
  what: string,
  greenlets: Iterable<Greenlet<T>>,
  options: WaitOptions,
): Greenlet<T>[] {
  checkWait(options);
  const end = deadline(options.timeout);
  const { signal } = options;
  const all = [...greenlets];
  // One may fail while another is waited for.
  for (const greenlet of all) greenlet.observe();
  return all.filter((greenlet) => greenlet.joinFor(what, { timeout: left(end), signal }));
}

/**
 * Kills all greenlets, then waits for all of them to end.
 * @param options as of `Greenlet.kill`; `grace` counts for each of them. When the wait ends early they have been killed
 *   all the same.
 * @throws BlockingSwitchOutError on the hub when it would have to wait; it has killed nobody then.
 */
export function killAll(
  greenlets: Iterable<Greenlet>,
  error: unknown = new GreenletExit(),
  options: KillOptions = {},
): void {
  killEach("killAll", greenlets, error, options);
}

/** @internal @param what the call, for errors and dumps. */
export function killEach(
  what: string,
  greenlets: Iterable<Greenlet>,
  error: unknown,
  { block = true, grace, timeout, signal }: KillOptions,
): void {
  checkTimeout("timeout", timeout);
  checkTimeout("grace", grace);
  const all = [...greenlets].filter((greenlet) => greenlet !== hub.current && !greenlet.dead);
  if (block && all.length > 0) blocker(what);
  for (const greenlet of all) greenlet.kill(error, { block: false, grace });
  if (block && !all.every(({ dead }) => dead)) joinEach(what, all, { timeout, signal });
}
