import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { setTimeout as later } from "node:timers/promises";
import { expect } from "vitest";
import type { LargeSite } from "./large-site.js";

/** How often to kill, and by which numbers: `CRAWL_KILLS=100 CRAWL_SEED=7 npx vitest run ...`. */
export const KILLS = Number(process.env.CRAWL_KILLS ?? 10);
export const SEED = Number(process.env.CRAWL_SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Runs a crawl, and kills it: a few ms after it has started, or after so many further requests that
 * on the average it takes a dozen runs until it is finished.
 *
 * @param program of node, and its arguments
 * @param random null when it is to be left alone
 * @returns whether it came to its end
 */
export async function crawlUntilKilled(
  program: readonly string[],
  site: LargeSite,
  random: (() => number) | null,
): Promise<boolean> {
  const child = spawn(process.execPath, program, { stdio: "inherit" });
  const ended = once(child, "close");
  let running = true;
  void ended.then(() => (running = false));
  if (random !== null) {
    const before = site.requests.length;
    const enough = random() < 0.1 ? 0 : before + Math.floor(random() * site.pages.length * 0.2);
    const ms = random() * (enough === 0 ? 500 : 10);
    while (running && site.requests.length < enough) await later(1);
    await later(ms);
    child.kill("SIGKILL");
  }
  const [code, signal] = (await ended) as [number | null, string | null];
  if (signal !== "SIGKILL") expect(code).toBe(0);
  return code === 0;
}

/** @throws SyntaxError when a line is torn */
export function readLines<T>(file: string): T[] {
  const text = readFileSync(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.slice(0, -1).split("\n");
  return lines.map((line) => JSON.parse(line) as T);
}

/** Numbers from 0 to 1, the same for the same seed (Lehmer's generator). */
export function randomNumbers(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
