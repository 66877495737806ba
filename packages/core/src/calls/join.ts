import { GreenletExit, wrongType } from "../errors.js";
import type { Greenlet } from "../hub/greenlet.js";
import { hub } from "../hub/hub.js";
import { checkKill, type KillOptions } from "../hub/kill-options.js";
import { deadline, timeLeft } from "../hub/timer.js";
import { readyOnes } from "./wait-all.js";
import { checkIterable, checkWait, WAIT, type WaitOptions } from "../wait-options.js";
import { blocker } from "../hub/waiter.js";

const OPTIONS = [...WAIT, "raiseError"];

/**
 * Blocks until all greenlets have ended, or until `timeout` milliseconds have passed.
 * @param options raiseError: throw the first error as soon as it happens; the other greenlets go
 *   on.
 * @returns those that have ended, in the order given.
 * @throws the signal's reason; TypeError for things that are not greenlets.
 */
export function joinAll<G extends Greenlet>(
  greenlets: Iterable<G>,
  options: WaitOptions & { raiseError?: boolean } = {},
): G[] {
  checkWait("joinAll", options, OPTIONS);
  const { raiseError = false, timeout, signal } = options;
  const all = allGreenlets("joinAll", greenlets);
  if (!raiseError) return joinEach("joinAll", all, { timeout, signal });
  for (const greenlet of all) greenlet.observe();
  throwFailure(all.filter(({ dead }) => dead));
  throwFailure(
    readyOnes(
      "joinAll",
      all.filter(({ dead }) => !dead),
      { timeout, signal },
    ),
  );
  return all.filter(({ dead }) => dead);
}

/** Throws the error of the first one that failed. `ended` may block for each next one. */
function throwFailure(ended: Iterable<Greenlet>): void {
  for (const greenlet of ended) if (!greenlet.successful) throw greenlet.exception;
}

/** @param what the function, for errors. @throws TypeError unless they are greenlets. */
function allGreenlets<G extends Greenlet>(what: string, greenlets: Iterable<G>): G[] {
  checkIterable("greenlets", greenlets, "an iterable of greenlets", `${what}([...])`);
  const all = [...greenlets];
  const wrong = all.findIndex((one) => !isGreenlet(one));
  if (wrong < 0) return all;
  throw wrongType(`greenlets[${wrong}]`, "a greenlet", all[wrong], hint(all[wrong]));
}

/** Not by its class: it may come from another copy of this package. */
function isGreenlet(value: unknown): boolean {
  return typeof (value as Partial<Greenlet> | null | undefined)?.joinFor === "function";
}

function hint(thing: unknown): string {
  if (typeof thing === "function") return ": write spawn(fn)";
  const { then } = (thing ?? {}) as { then?: unknown };
  return typeof then === "function" ? ": write waitAll([...]) or wait(promise)" : "";
}

/**
 * @internal One after the other. @param what the call, for errors and dumps. @returns those that
 * have ended.
 */
export function joinEach<G extends Greenlet>(
  what: string,
  all: readonly G[],
  options: WaitOptions,
): G[] {
  checkWait(what, options);
  const end = deadline(options.timeout);
  const { signal } = options;
  // One may fail while this waits for another.
  for (const greenlet of all) greenlet.observe();
  let timeIsUp = false;
  return all.filter((greenlet) => {
    // Time is up: each further join would only cost a turn of the loop.
    if (timeIsUp) return greenlet.dead;
    const timeout = timeLeft(end);
    const ended = greenlet.joinFor(what, { timeout, signal });
    timeIsUp = !ended && timeout === 0;
    return ended;
  });
}

/**
 * Kills all greenlets, and blocks until all of them have ended. Leaves out the calling greenlet.
 * @param options as for `Greenlet.kill`; `grace` counts for each of them. When the wait ends early,
 *   they have been killed all the same.
 * @throws BlockingSwitchOutError on the hub when it would have to wait. Then it has killed no one.
 * @throws TypeError for things that are not greenlets, and what `Greenlet.kill` throws.
 */
export function killAll(
  greenlets: Iterable<Greenlet>,
  error: unknown = new GreenletExit(),
  options: KillOptions = {},
): void {
  checkKill("killAll", error, options, "killAll");
  const { block = true, grace, timeout, signal } = options;
  const all = allGreenlets("killAll", greenlets).filter(
    (greenlet) => greenlet !== hub.current && !greenlet.dead,
  );
  if (block && all.length > 0) blocker("killAll");
  for (const greenlet of all) greenlet.kill(error, { block: false, grace });
  if (block && !all.every(({ dead }) => dead)) joinEach("killAll", all, { timeout, signal });
}
