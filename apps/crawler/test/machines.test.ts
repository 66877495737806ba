// One crawl by several machines, from the outside: commands in folders of their own, and a server.
import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { run } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { dropCrawl } from "../src/open-store.js";
import type { Summary } from "../src/summary.js";
import { temporaryFolder } from "./folder.js";
import { serveHosts } from "./hosts-site.js";
import { command, type Ended, recordsOf, urlsOf } from "./job-command.js";
import { findSharedStores } from "./servers.js";

/** Two machines, each with a folder for the same job. */
function twoMachines(store: string) {
  const [here, there] = [temporaryFolder(), temporaryFolder()];
  const job = `test-${basename(here)}`;
  onTestFinished(() => run(() => dropCrawl(store, job)));
  const args = ["--store", store, "--job", job, "--scope", "any", "--allow-private", "--json"];
  const start = (
    cwd: string,
    more: readonly string[],
    during: (child: ChildProcess) => void = () => {},
  ): Promise<Ended> => command(cwd, [...more, ...args], { during });
  const outputs = [here, there].map((cwd) => join(cwd, job, "pages.jsonl"));
  return { here, there, start, outputs };
}

const allOf = (outputs: readonly string[]): string[] =>
  outputs.flatMap((file) => (existsSync(file) ? urlsOf(file) : [])).sort();

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

for (const [name, { url, reason }] of Object.entries(await findSharedStores())) {
  describe.skipIf(reason !== null)(`several machines, with ${name}`, () => {
    it("do a crawl together: each URL once, no host asked more often", async () => {
      const site = await serveHosts(4, 100, 200);
      const { here, there, start, outputs } = twoMachines(url);
      const first = start(here, [site.seed, "--per-host", "4"]);
      await until(() => site.requests.length > 20);
      // The second one names no URL: it goes on with what is there.
      const ended = await Promise.all([first, start(there, ["--per-host", "4"])]);
      expect(ended.map(({ code }) => code)).toEqual([0, 0]);
      expect(allOf(outputs)).toEqual(site.urls);
      expect(new Set(site.requests).size).toBe(site.requests.length);
      expect(site.most).toBeLessThanOrEqual(4);
      for (const file of outputs) expect(recordsOf(file).length).toBeGreaterThan(10);
      const pages = ended.map(({ out }) => (JSON.parse(out) as Summary).pages);
      expect(pages[0]! + pages[1]!).toBe(site.urls.length);
    });

    it("have nothing to do when others have done it", async () => {
      const site = await serveHosts(1, 5);
      const { here, there, start } = twoMachines(url);
      expect((await start(here, [site.seed])).code).toBe(0);
      const { code, out } = await start(there, [site.seed]);
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ pages: 0, failed: 0, skipped: {} });
    });

    it("stop at exactly so many pages, all together, each with several processes", async () => {
      const site = await serveHosts(3, 60);
      const { here, there, start, outputs } = twoMachines(url);
      const args = ["--max-pages", "70", "--workers", "2"];
      await Promise.all([start(here, [site.seed, ...args]), start(there, [site.seed, ...args])]);
      const urls = allOf(outputs);
      expect(urls).toHaveLength(70);
      expect(new Set(urls).size).toBe(70);
    });

    it("lose nothing when one of them is killed, and comes again", async () => {
      const site = await serveHosts(3, 60);
      const { here, there, start, outputs } = twoMachines(url);
      const other = start(there, [site.seed]);
      const dies = (child: ChildProcess): void =>
        void until(() => site.requests.length > 60).then(() => child.kill("SIGKILL"));
      await start(here, [site.seed], dies);
      expect((await start(here, [site.seed])).code).toBe(0);
      expect((await other).code).toBe(0);
      expect(allOf(outputs)).toEqual(site.urls);
    });
  });
}
