// What whole programs share that are run by `runProgram`: they check, and only with all checks made
// do they print `pass`. Nothing of greenlit is imported here.
import { type ChildProcess, spawn } from "node:child_process";
import { writeSync } from "node:fs";
import { fileURLToPath } from "node:url";

let checks = 0;

/** One thing that must be true. */
export function check(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`check failed: ${what}`);
  checks++;
}

/** Two values that must be the same, compared by their JSON. */
export function same(actual: unknown, expected: unknown, what: string): void {
  const [a, e] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(a === e, `${what}: expected ${e}, got ${a}`);
}

/** A text that must match. */
export function matches(text: string, pattern: RegExp, what: string): void {
  check(pattern.test(text), `${what}: ${pattern} does not match\n${text}`);
}

/** What `fn` throws; a failed check when it does not. */
export function thrownBy(fn: () => unknown, what: string): unknown {
  try {
    fn();
  } catch (error) {
    checks++;
    return error;
  }
  throw new Error(`check failed: ${what} did not throw`);
}

/**
 * Says that something is not checked here, and why; `reason` is false where it is. @returns whether
 * to check it.
 */
export function unless(reason: string | false, what: string): boolean {
  if (reason !== false) writeSync(1, `left out: ${what}: ${reason}\n`);
  return reason === false;
}

/**
 * The last line of every program.
 * @param atLeast how many checks must have been made, so that a program which did nothing cannot
 *   pass.
 */
export function pass(atLeast: number): void {
  if (!(checks >= atLeast)) throw new Error(`only ${checks} of ${atLeast} checks were made`);
  writeSync(1, "pass\n");
}

/**
 * A count, made smaller where a flag makes V8 slow (GREENLIT_TEST_SCALE, 1 when absent); at least
 * 4.
 */
export function scaled(count: number): number {
  return Math.max(4, Math.round(count * Number(process.env.GREENLIT_TEST_SCALE ?? 1)));
}

/** Collects garbage; needs --expose-gc, which `runProgram` gives. */
export function collect(type: "major" | "minor" = "major"): void {
  const { gc } = globalThis as { gc?: (options?: { type: "minor" }) => void };
  // V8 11.3 takes any options object for "minor".
  if (type === "minor") gc?.({ type });
  else gc?.();
}

/** How a child ended, and what it printed. */
export interface ChildRun {
  /** Its exit code, or the signal that ended it. */
  readonly ended: number | NodeJS.Signals | null;
  readonly output: string;
  readonly errors: string;
  /** `errors` without Node's own warnings about flags. */
  readonly told: string;
}

const NOISE = /^\(node:\d+\) .*\n|^\(Use `node .*\n/gm;

/**
 * Runs a program, as a rule the one that calls this, as a child with `args` and the flags of this
 * process.
 */
export function child(
  url: string | URL,
  args: readonly string[],
  {
    flags = [],
    env = {},
    onOutput,
  }: {
    flags?: readonly string[];
    env?: Readonly<Record<string, string>>;
    /** Called with all that it has printed so far whenever it prints something. */
    onOutput?: (child: ChildProcess, output: string) => void;
  } = {},
): Promise<ChildRun> {
  return new Promise((resolve, reject) => {
    const started = spawn(
      process.execPath,
      [...process.execArgv, ...flags, fileURLToPath(url), ...args],
      { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } },
    );
    let [output, errors] = ["", ""];
    started.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      onOutput?.(started, output);
    });
    started.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
    started.on("error", reject);
    started.on("close", (code, signal) =>
      resolve({ ended: signal ?? code, output, errors, told: errors.replace(NOISE, "") }),
    );
  });
}
