import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished } from "vitest";
import type { PageRecord } from "../src/output.js";

export const MAIN = fileURLToPath(new URL("../dist/main.js", import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the built command in a folder. @param limit a shell's command that comes before it */
export async function command(
  cwd: string,
  args: readonly string[],
  { limit = "true", during = (_: ChildProcess): void => {} } = {},
): Promise<Ended> {
  const argv = ["-c", `${limit}; exec "$@"`, "sh", process.execPath, MAIN, ...args];
  const child = spawn("sh", argv, { cwd, stdio: ["ignore", "pipe", "pipe"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  during(child);
  const [[code], out, err] = await Promise.all([
    once(child, "close") as Promise<[number | null]>,
    text(child.stdout).catch(() => ""), // destroyed by the test
    text(child.stderr).catch(() => ""),
  ]);
  return { code, out, err };
}

export function recordsOf(file: string): PageRecord[] {
  const lines = readFileSync(file, "utf8").split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => JSON.parse(line) as PageRecord);
}

export const urlsOf = (file: string): string[] =>
  recordsOf(file)
    .map(({ url }) => url)
    .sort();
