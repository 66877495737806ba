import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const PROGRAMS = new URL("../programs/", import.meta.url);

/** The names of all programs. */
export function programs(): string[] {
  return readdirSync(PROGRAMS).filter((name) => name.endsWith(".mjs"));
}

/** Runs a program in a process of its own; gives its last line, or how it failed. A good one says "pass". */
export function runProgram(name: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--expose-gc", fileURLToPath(new URL(name, PROGRAMS))],
      (error, stdout, stderr) => {
        resolve(
          error === null
            ? (stdout.trimEnd().split("\n").at(-1) ?? "")
            : `${error.message}\n${stdout}${stderr}`,
        );
      },
    );
  });
}
