// What the programs in ../programs share: they check, and only with all checks made do they print `pass`.
import { writeSync } from "node:fs";
import { report, root } from "@greenlit/switcher";
import { loadBinding } from "../../dist/binding.js";

let checks = 0;

/** One thing that must be true. */
export function check(condition, what) {
  if (!condition) throw new Error(`check failed: ${what}`);
  checks++;
}

/** Says that something is not checked here, and why; `reason` is false where it is. Whether to check it. */
export function unless(reason, what) {
  if (reason) writeSync(1, `left out: ${what}: ${reason}\n`);
  return !reason;
}

/** Why memory cannot be looked at here, or false. */
export const noProc = process.platform !== "linux" && "needs Linux's /proc";

/** Why JSON.stringify must not be left by switching here, or false. */
export const noStringify =
  process.versions.v8.startsWith("12.") &&
  !loadBinding().drivers().includes("direct") &&
  "V8 12.4 aborts when calls of JSON.stringify do not end in order, and the list it looks at is found on Linux only";

/** The driver that runs here. */
export const driver = () => report().driver;

/** Two values that must be the same, compared by their JSON. */
export function same(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === e, `${what}: expected ${e}, got ${a}`);
}

/**
 * The last line of every program.
 * @param atLeast how many checks must have been made, so that a program which did nothing cannot pass.
 */
export function pass(atLeast) {
  if (!(checks >= atLeast)) throw new Error(`only ${checks} of ${atLeast} checks were made`);
  writeSync(1, "pass\n");
}

/** A count, made smaller where a flag makes V8 slow (GREENLIT_TEST_SCALE, 1 when absent). */
export function scaled(count) {
  return Math.max(4, Math.round(count * Number(process.env.GREENLIT_TEST_SCALE ?? 1)));
}

/** Collects garbage; needs --expose-gc. */
export function collect(type = "major") {
  // V8 11.3 takes any options object for "minor".
  if (type === "minor") globalThis.gc({ type: "minor" });
  else globalThis.gc();
}

/** In a greenlet: suspends it, and hands `value` to the root. */
export function park(value) {
  return root().switch(value);
}

/** What `fn` throws; a failed check when it does not. */
export function thrownBy(fn, what) {
  try {
    fn();
  } catch (error) {
    checks++;
    return error;
  }
  throw new Error(`check failed: ${what} did not throw`);
}
