// A crawl that is killed again and again loses nothing, and does nothing twice: with each store,
// and by several processes.
//
//     CRAWL_KILLS=100 CRAWL_SEED=7 npx vitest run apps/crawler/test/kill.test.ts
import { type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as later } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { run } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { dropCrawl } from "../src/open-store.js";
import type { PageRecord } from "../src/output.js";
import { childrenOf } from "./children.js";
import { temporaryFolder } from "./folder.js";
import { serveHosts } from "./hosts-site.js";
import { command, urlsOf } from "./job-command.js";
import { crawlUntilKilled, KILLS, randomNumbers, readLines, SEED } from "./killed.js";
import { serveLargeSite } from "./large-site.js";
import { findSharedStores, type TestServer } from "./servers.js";

const PROGRAM = fileURLToPath(new URL("programs/keep.mjs", import.meta.url));
const PAGES = 300;
const TIME = 60_000 + KILLS * 20_000;

const LMDB: TestServer = { url: "lmdb", reason: null };
const STORES = { LMDB, ...(await findSharedStores()) };
console.log(`kill.test.ts: CRAWL_SEED=${SEED}`);

describe(`killed ${KILLS} times at random moments, a crawl loses no URL and writes none twice`, () => {
  for (const [name, { url: store, reason }] of Object.entries(STORES)) {
    it.skipIf(reason !== null)(`with ${name}`, () => killAndCompare(store), TIME);
  }

  it("by several processes, of which any is killed", killAnyAndCompare, TIME);
});

async function killAndCompare(store: string): Promise<void> {
  const random = randomNumbers(SEED);
  const site = await serveLargeSite(PAGES);
  for (let kills = 0; kills < KILLS;) {
    const job = temporaryFolder();
    if (store !== "lmdb") onTestFinished(() => run(() => dropCrawl(store, job)));
    const program = [PROGRAM, site.seed, job, store];
    while (!(await crawlUntilKilled(program, site, kills < KILLS ? random : null))) kills++;
    const records = readLines<PageRecord>(join(job, "pages.jsonl"));
    expect(records.map(({ url }) => url).sort()).toEqual(site.urls);
    expect(records.every(({ error }) => error === null)).toBe(true);
    const items = readLines<{ url: string }>(join(job, "items.jsonl"));
    expect(items.map(({ url }) => url).sort()).toEqual(site.pages);
  }
}

/** One of the workers, or the first process, which has the others end. */
async function killAnyAndCompare(): Promise<void> {
  const random = randomNumbers(SEED);
  const site = await serveHosts(3, PAGES / 3);
  for (let kills = 0; kills < KILLS;) {
    const cwd = temporaryFolder();
    const args = [site.seed, "--workers", "2", "--scope", "any", "--allow-private", "--job", "j"];
    const kill = async (first: ChildProcess): Promise<void> => {
      while (isRunning(first) && kills < KILLS) {
        const enough = site.requests.length + Math.floor(random() * PAGES * 0.2);
        while (isRunning(first) && site.requests.length < enough) await later(1);
        await later(random() * 10);
        const all = random() < 0.2 ? [first.pid!] : childrenOf(first.pid!);
        const one = all[Math.floor(random() * all.length)];
        if (one === undefined || !isRunning(first)) continue;
        kills++;
        process.kill(one, "SIGKILL");
        await later(100 + random() * 400); // as long as a worker takes to begin
      }
    };
    for (let code: number | null = null; code !== 0;) {
      ({ code } = await command(cwd, args, { during: (child) => void kill(child) }));
      expect([0, null]).toContain(code);
    }
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(site.urls);
    site.requests.length = 0;
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
