// A crawl that is killed again and again loses nothing, and does nothing twice.
//
//     CRAWL_KILLS=100 CRAWL_SEED=7 npx vitest run apps/crawler/test/kill.test.ts
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { PageRecord } from "../src/output.js";
import { temporaryFolder } from "./folder.js";
import { type LargeSite, serveLargeSite } from "./large-site.js";

const PROGRAM = fileURLToPath(new URL("programs/keep.mjs", import.meta.url));
const KILLS = Number(process.env.CRAWL_KILLS ?? 10);
const SEED = Number(process.env.CRAWL_SEED ?? Math.floor(Math.random() * 2 ** 31));
const PAGES = 300;

it(
  `loses no URL and writes none twice, killed ${KILLS} times at random moments`,
  async () => {
    console.log(`kill.test.ts: CRAWL_SEED=${SEED}`);
    const random = randomNumbers(SEED);
    const site = await serveLargeSite(PAGES);
    for (let kills = 0; kills < KILLS;) {
      const job = temporaryFolder();
      while (!(await crawlUntilKilled(site, job, kills < KILLS ? random : null))) kills++;
      const lines = <T>(name: string): T[] => readLines(join(job, name)) as T[];
      const records = lines<PageRecord>("pages.jsonl");
      expect(records.map(({ url }) => url).sort()).toEqual(site.urls);
      expect(records.every(({ error }) => error === null)).toBe(true);
      const items = lines<{ url: string }>("items.jsonl");
      expect(items.map(({ url }) => url).sort()).toEqual(site.pages);
    }
  },
  60_000 + KILLS * 20_000,
);

/**
 * Runs the crawl, and kills it: a few ms after it has started, or after so many further requests
 * that on the average it takes a dozen runs until it is finished.
 *
 * @param random null when it is to be left alone
 * @returns whether it came to its end
 */
async function crawlUntilKilled(
  site: LargeSite,
  job: string,
  random: (() => number) | null,
): Promise<boolean> {
  const child = spawn(process.execPath, [PROGRAM, site.seed, job], { stdio: "inherit" });
  const ended = once(child, "close");
  let running = true;
  void ended.then(() => (running = false));
  if (random !== null) {
    const before = site.requests.length;
    const enough = random() < 0.1 ? 0 : before + Math.floor(random() * PAGES * 0.2);
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
function readLines(file: string): unknown[] {
  const text = readFileSync(file, "utf8");
  expect(text.endsWith("\n")).toBe(true);
  const lines = text.slice(0, -1).split("\n");
  return lines.map((line) => JSON.parse(line) as unknown);
}

/** Numbers from 0 to 1, the same for the same seed (Lehmer's generator). */
function randomNumbers(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
