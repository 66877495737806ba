import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("programs/", import.meta.url));

/** Names of the whole programs under test/programs. */
export const PROGRAMS: string[] = readdirSync(FOLDER).filter((name) => name.endsWith(".mjs"));

export interface Outcome {
  readonly passed: boolean;
  /** How it ended, and the end of what it printed. */
  readonly report: string;
  /** What it did not check, and why. */
  readonly leftOut: readonly string[];
}

/** Runs a program in a process of its own; it passes if it exits with 0 and its last line is `pass`. */
export function runProgram(
  name: string,
  flags: readonly string[],
  env: Record<string, string> = {},
  args: readonly string[] = [],
): Promise<Outcome> {
  const child = spawn(process.execPath, ["--expose-gc", ...flags, FOLDER + name, ...args], {
    env: { ...process.env, NODE_OPTIONS: "", ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000,
    killSignal: "SIGKILL",
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on("close", (code, signal) => {
      const lines = output.trimEnd().split("\n");
      resolve({
        passed: code === 0 && lines.at(-1) === "pass",
        leftOut: lines.filter((line) => line.startsWith("left out: ")),
        report: `${name} ${flags.join(" ")}: ${signal ?? `exit code ${code}`}\n${lines.slice(-25).join("\n")}`,
      });
    });
  });
}
