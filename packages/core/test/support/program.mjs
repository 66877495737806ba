// What the programs in ../programs share: they check, and only with all checks made do they print `pass`.
import { spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";

let checks = 0;

/** One thing that must be true. */
export function check(condition, what) {
  if (!condition) throw new Error(`check failed: ${what}`);
  checks++;
}

/** Two values that must be the same, compared by their JSON. */
export function same(actual, expected, what) {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === e, `${what}: expected ${e}, got ${a}`);
}

/** A text that must match. */
export function matches(text, pattern, what) {
  check(pattern.test(text), `${what}: ${pattern} does not match\n${text}`);
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

/** The error output, which must hold nothing but what is expected; Node's own warnings about flags do not count. */
const NOISE = /^\(node:\d+\) .*\n|^\(Use `node .*\n/gm;

/** Runs a program again, as a child with `args`: how it ends and what it prints. */
export function child(url, args, { flags = [], env = {}, onOutput } = {}) {
  const file = fileURLToPath(url);
  return new Promise((resolve, reject) => {
    const process_ = spawn(process.execPath, [...process.execArgv, ...flags, file, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    });
    let output = "";
    let errors = "";
    process_.stdout.on("data", (data) => {
      output += data;
      onOutput?.(process_, output);
    });
    process_.stderr.on("data", (data) => (errors += data));
    process_.on("error", reject);
    process_.on("close", (code, signal) =>
      resolve({ ended: signal ?? code, output, errors, told: errors.replace(NOISE, "") }),
    );
  });
}
