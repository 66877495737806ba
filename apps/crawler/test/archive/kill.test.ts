// An archive is whole whatever happens to the crawl: no record is torn, none is there twice. So it
// is with CSV.
//
//     CRAWL_KILLS=100 CRAWL_SEED=7 npx vitest run apps/crawler/test/archive/kill.test.ts
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { temporaryFolder } from "../folder.js";
import { crawlUntilKilled, KILLS, randomNumbers, SEED } from "../killed.js";
import { parseCsv } from "../parse-csv.js";
import { type LargeSite, serveLargeSite } from "../large-site.js";
import { readArchive, readIndex } from "./read-archive.js";

const PROGRAM = fileURLToPath(new URL("../programs/archive.mjs", import.meta.url));
const PAGES = 300;
/** Several files are begun in each run. */
const SIZE = "20000";

function readCsv(file: string): Record<"url" | "finalUrl", string>[] {
  const [columns = [], ...records] = parseCsv(readFileSync(file, "utf8"));
  return records.map((record) => {
    expect(record).toHaveLength(columns.length);
    const fields = columns.map((name, i) => [name, record[i]!]);
    return Object.fromEntries(fields) as Record<"url" | "finalUrl", string>;
  });
}

/** All that a crawl has left is there, whole, and once. */
async function check(site: LargeSite, job: string): Promise<void> {
  const pages = readCsv(join(job, "pages.csv"));
  expect(pages.map(({ url }) => url).sort()).toEqual(site.urls);
  const items = readCsv(join(job, "items.csv"));
  expect(items.map(({ url }) => url).sort()).toEqual(site.pages);

  const folder = join(job, "archive");
  const records = await readArchive(folder);
  readIndex(folder, records);
  const answers = records.filter(({ fields }) => /response|revisit/.test(fields.get("WARC-Type")!));
  const urls = answers.map(({ fields }) => fields.get("WARC-Target-URI")!);
  // Besides, robots.txt is asked for in each run.
  const wanted = new Set(pages.flatMap(({ url, finalUrl }) => [url, finalUrl]));
  expect(urls.filter((url) => !url.endsWith("/robots.txt")).sort()).toEqual([...wanted].sort());
  expect(new Set(records.map(({ filename }) => filename)).size).toBeGreaterThan(3);
}

it(
  `is whole, with each answer once, killed ${KILLS} times at random moments`,
  async () => {
    console.log(`archive/kill.test.ts: CRAWL_SEED=${SEED}`);
    const random = randomNumbers(SEED);
    const site = await serveLargeSite(PAGES);
    for (let kills = 0; kills < KILLS;) {
      const job = temporaryFolder();
      const program = [PROGRAM, site.seed, job, SIZE, "csv"];
      while (!(await crawlUntilKilled(program, site, kills < KILLS ? random : null))) kills++;
      await check(site, job);
    }
  },
  60_000 + KILLS * 20_000,
);

it(
  "is so when what was written is not committed, again and again",
  { timeout: 600_000 },
  async () => {
    const site = await serveLargeSite(PAGES);
    const job = temporaryFolder();
    let kills = 0;
    for (; ; kills++) {
      const chance = kills < 20 ? "0.5" : "0";
      const child = spawn(process.execPath, [PROGRAM, site.seed, job, SIZE, "csv", chance]);
      const [code] = (await once(child, "close")) as [number | null];
      if (code === 0) break;
    }
    expect(kills).toBeGreaterThan(0);
    await check(site, job);
  },
);
