import { spawnSync } from "node:child_process";

const TIME_LIMIT = 120_000;

/** The cores that this process may run on; none where that cannot be told, or changed. */
const cores: readonly string[] = (() => {
  const { status, stdout } = spawnSync("taskset", ["-cp", String(process.pid)], {
    encoding: "utf8",
  });
  // "pid 7's current affinity list: 0,2-5"
  return status === 0 ? (stdout.split(":")[1]?.match(/\d+/g) ?? []) : [];
})();

/**
 * The core that every program runs on, so that none has more than another; null where that cannot
 * be had.
 */
export const core: string | null = cores.at(-1) ?? null;

/** Another one, for what a program talks to; null where there is none. */
export const otherCore: string | null = cores.length > 1 ? (cores[0] as string) : null;

/**
 * Runs a program on one core.
 * @returns the JSON it printed.
 * @throws Error that says in a line why it did not print any.
 */
export function runChild(
  command: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Record<string, unknown> {
  const pinned = core === null ? command : ["taskset", "-c", core, ...command];
  const [file, ...args] = pinned as [string, ...string[]];
  // Options for this process are none of theirs.
  const { NODE_OPTIONS: _, ...inherited } = process.env;
  const { status, signal, stdout, stderr, error } = spawnSync(file, args, {
    encoding: "utf8",
    env: { ...inherited, ...env },
    timeout: TIME_LIMIT,
    maxBuffer: 1 << 26,
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === "ETIMEDOUT") {
    throw new Error(`took longer than ${TIME_LIMIT / 1000} s`);
  }
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(reason(stderr) ?? `ended with ${signal ?? `code ${status}`}`);
  return JSON.parse(stdout.slice(stdout.indexOf("{"))) as Record<string, unknown>;
}

/** The line of what a program wrote to stderr that names the error. */
function reason(stderr: string): string | undefined {
  const lines = stderr.split("\n").filter((line) => line.trim() !== "");
  const named = lines.find((line) => /^(\S+: )?\S*(Error|Exception)\b|\(\w*Error\)$/.test(line));
  const line = named ?? lines.find((line) => !line.startsWith(" "));
  // Where the program lies says nothing.
  return line
    ?.replace(/^\S*\//, "")
    .trim()
    .slice(0, 300);
}
