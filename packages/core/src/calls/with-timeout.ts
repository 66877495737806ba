import { wrongType } from "../errors.js";
import { Timeout } from "../hub/timeout.js";
import { settled } from "../hub/promises.js";
import { checkFunction } from "../wait-options.js";

const FORM = "withTimeout(ms, () => ..., fallback)";

/**
 * Calls `fn` with a deadline of `ms` milliseconds (null: none), and returns what it gives. If `fn`
 * returns a promise, blocks until it is settled, under the same deadline.
 * @throws the Timeout, when the deadline has passed.
 */
export function withTimeout<T>(ms: number | null, fn: () => T | Promise<T>): T;
/**
 * The same, with a value for when the deadline has passed.
 * @param fallback returned when this deadline has passed, and not an outer one.
 */
export function withTimeout<T, F = T>(
  ms: number | null,
  fn: () => T | Promise<T>,
  fallback: F,
): T | F;
export function withTimeout<T, F>(
  ms: number | null,
  fn: () => T | Promise<T>,
  ...fallback: [F] | []
): T | F {
  if (typeof ms === "function")
    throw wrongType("ms", "a number of milliseconds", ms, `: write ${FORM}`);
  checkFunction("fn", fn, FORM);
  const deadline = new Timeout(ms);
  try {
    return settled("withTimeout", fn());
  } catch (error) {
    if (error === deadline && fallback.length === 1) return fallback[0];
    throw error;
  } finally {
    deadline.cancel();
  }
}
