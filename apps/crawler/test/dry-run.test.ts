import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { type DryRun, dryRun, formatDryRun } from "../src/dry-run.js";
import type { CrawlOptions } from "../src/options.js";
import { temporaryFolder } from "./folder.js";
import { serve } from "./server.js";

const wouldDo = (options: CrawlOptions): Promise<DryRun> => run(() => dryRun(options));

describe("dryRun", () => {
  it("says what would be done, fetches robots.txt, and writes nothing", async () => {
    const { origin, requests } = await serve(({ url }, response) => {
      if (url === "/robots.txt")
        response.end("User-agent: *\nDisallow: /private\nCrawl-delay: 2\nSitemap: /map.xml");
      else response.end();
    });
    const folder = temporaryFolder();
    const list = join(temporaryFolder(), "urls.txt");
    const many = Array.from({ length: 100 }, (_, i) => `${origin}/${i}\n`);
    writeFileSync(list, `nonsense\n${many.join("")}`);
    const told = await wouldDo({
      seeds: [`${origin}/a#b`, `${origin}/private`],
      seedFiles: [list],
      sitemaps: [`${origin}/map.xml`],
      job: join(folder, "job"),
      skipped: true,
      auth: "user:secret",
      headers: { "x-key": "secret" },
      maxTime: "90m",
      delay: 0,
    });
    expect(told).toMatchObject({ seedCount: 104, badSeedCount: 1, isResumed: false, proxies: [] });
    const about = { isSitemap: false, refusal: null, delay: 2_000, sitemaps: ["/map.xml"] };
    expect(told.seeds).toHaveLength(10);
    expect(told.seeds.slice(0, 3)).toEqual([
      { ...about, url: `${origin}/a` },
      { ...about, url: `${origin}/private`, refusal: "robots.txt forbids it" },
      { url: "nonsense", isSitemap: false, refusal: "bad-url", delay: 0, sitemaps: [] },
    ]);
    expect(told.settings).toEqual({
      seedFiles: JSON.stringify([list]),
      sitemaps: JSON.stringify([`${origin}/map.xml`]),
      auth: "given",
      headers: "given",
      maxTime: "90m",
    });
    expect(told.outputs).toMatchObject({ skipped: join(folder, "job/skipped.jsonl") });
    expect(told.scope).toBe(origin.replace("http://", ""));
    expect(requests).toEqual(["/robots.txt"]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("says what cannot be reached, and that a crawl would go on", async () => {
    const job = temporaryFolder();
    mkdirSync(join(job, "store"));
    const options = { seeds: ["http://127.0.0.1:9/"], scope: "any" as const, job };
    const told = await wouldDo(options);
    expect(told.seeds[0]!.refusal).toContain("robots.txt could not be fetched: connect ECONNREF");
    expect(told).toMatchObject({ isResumed: true, scope: "any host" });
    expect(await wouldDo({ ...options, fresh: true })).toMatchObject({ isResumed: false });
    expect(await wouldDo({ ...options, robots: false })).toMatchObject({
      seeds: [{ refusal: null }],
    });
  });

  it("refuses what a crawl would refuse", async () => {
    await expect(wouldDo({ seeds: [], delay: "soon" })).rejects.toThrow(RangeError);
    await expect(wouldDo({ seeds: [], seedFiles: ["/nonexistent"] })).rejects.toThrow("ENOENT");
  });
});

it("says so to people in a few lines", () => {
  const seed = { url: "http://a.example/", isSitemap: false, delay: 0, sitemaps: [] };
  const told: DryRun = {
    seeds: [
      { ...seed, refusal: null, delay: 2_000, sitemaps: ["/map.xml"] },
      { ...seed, url: "http://a.example/x", refusal: "robots.txt forbids it" },
    ],
    seedCount: 5,
    badSeedCount: 1,
    scope: "a.example",
    job: "crawl-a.example",
    isResumed: true,
    outputs: { pages: "crawl-a.example/pages.jsonl" },
    settings: { maxTime: "90m" },
    proxies: ["http://p.example:3128"],
  };
  expect(formatDryRun(told))
    .toBe(`Dry run: nothing is fetched but robots.txt, and nothing is written.
  would fetch     http://a.example/ (2000 ms between requests; robots.txt names 1 sitemaps)
                  http://a.example/x (not: robots.txt forbids it)
                  and 3 more
                  1 are no URLs
  follow links to a.example
  maxTime         90m
  through         http://p.example:3128
  kept in         crawl-a.example, where a crawl goes on
  pages in        crawl-a.example/pages.jsonl
`);
  expect(formatDryRun({ ...told, job: null })).toContain("kept in         memory\n");
});
