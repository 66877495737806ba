import { GreenletExit } from "./errors.js";
import type { Greenlet, KillOptions } from "./greenlet.js";
import { hub } from "./hub.js";
import { checkTimeout, deadline, left } from "./timer.js";
import type { WaitOptions } from "./waiter.js";

/**
 * Waits until all greenlets have ended, or `timeout` milliseconds have passed.
 * @param options raiseError: throw the first error found instead of going on.
 * @returns those that have ended, in the order given.
 */
export function joinAll<T>(
  greenlets: Iterable<Greenlet<T>>,
  { raiseError = false, timeout, signal }: WaitOptions & { raiseError?: boolean } = {},
): Greenlet<T>[] {
  checkTimeout("timeout", timeout);
  const end = deadline(timeout);
  const all = [...greenlets];
  // One may fail while another is waited for.
  for (const greenlet of all) greenlet.observe();
  const ended = all.filter((greenlet) => greenlet.join({ timeout: left(end), signal }));
  if (raiseError) {
    const failed = ended.find((greenlet) => !greenlet.successful);
    if (failed !== undefined) throw failed.exception;
  }
  return ended;
}

/**
 * Kills all greenlets, then waits for all of them to end.
 * @param options as of `Greenlet.kill`; `grace` counts for each of them.
 */
export function killAll(
  greenlets: Iterable<Greenlet>,
  error: unknown = new GreenletExit(),
  { block = true, grace, timeout, signal }: KillOptions = {},
): void {
  checkTimeout("timeout", timeout);
  checkTimeout("grace", grace);
  const all = [...greenlets].filter((greenlet) => greenlet !== hub.current);
  for (const greenlet of all) greenlet.kill(error, { block: false, grace });
  if (block) joinAll(all, { timeout, signal });
}
