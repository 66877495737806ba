// A crawl that is killed again and again loses nothing, and does nothing twice.
//
//     CRAWL_KILLS=100 CRAWL_SEED=7 npx vitest run apps/crawler/test/kill.test.ts
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import type { PageRecord } from "../src/output.js";
import { temporaryFolder } from "./folder.js";
import { crawlUntilKilled, KILLS, randomNumbers, readLines, SEED } from "./killed.js";
import { serveLargeSite } from "./large-site.js";

const PROGRAM = fileURLToPath(new URL("programs/keep.mjs", import.meta.url));
const PAGES = 300;

it(
  `loses no URL and writes none twice, killed ${KILLS} times at random moments`,
  async () => {
    console.log(`kill.test.ts: CRAWL_SEED=${SEED}`);
    const random = randomNumbers(SEED);
    const site = await serveLargeSite(PAGES);
    for (let kills = 0; kills < KILLS;) {
      const job = temporaryFolder();
      const program = [PROGRAM, site.seed, job];
      while (!(await crawlUntilKilled(program, site, kills < KILLS ? random : null))) kills++;
      const records = readLines<PageRecord>(join(job, "pages.jsonl"));
      expect(records.map(({ url }) => url).sort()).toEqual(site.urls);
      expect(records.every(({ error }) => error === null)).toBe(true);
      const items = readLines<{ url: string }>(join(job, "items.jsonl"));
      expect(items.map(({ url }) => url).sort()).toEqual(site.pages);
    }
  },
  60_000 + KILLS * 20_000,
);
