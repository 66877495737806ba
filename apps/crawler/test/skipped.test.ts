// What is not fetched is listed, each with its reason and the page that links there.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { crawl } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import type { Skipped } from "../src/output.js";
import type { Summary } from "../src/summary.js";
import { startDemoProcess } from "./demo-process.js";
import { temporaryFolder } from "./folder.js";
import { parseCsv } from "./parse-csv.js";
import { serve, site } from "./server.js";

interface Listed {
  readonly summary: Summary;
  readonly skipped: readonly Skipped[];
}

async function listed(options: CrawlOptions): Promise<Listed> {
  const summary = await run(() => crawl({ retryDelay: 20, skipped: true, ...options }));
  const lines = readFileSync(join(options.job!, "skipped.jsonl"), "utf8").split("\n");
  expect(lines.pop()).toBe("");
  return { summary, skipped: lines.map((line) => JSON.parse(line) as Skipped) };
}

function countsOf(skipped: readonly Skipped[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { reason, count = 1 } of skipped) counts[reason] = (counts[reason] ?? 0) + count;
  return counts;
}

it("is as many as the summary says, for each reason of the demo site", async () => {
  const demo = await startDemoProcess(20, 0.1);
  const options = {
    seeds: [demo.plan.seed],
    scope: "any",
    allowPrivate: true,
    perHost: 8,
  } as const;
  const { summary, skipped } = await listed({ ...options, job: temporaryFolder() });
  expect(Object.keys(summary.skipped).length).toBeGreaterThan(5);
  expect(countsOf(skipped)).toEqual(summary.skipped);
  const pages = skipped.map(({ url, reason, referrer }) => `${url}\n${reason}\n${referrer}`);
  expect(new Set(pages).size).toBe(pages.length); // once for each page that links there
});

it("names links, redirects, and what robots.txt forbids", async () => {
  const { origin } = await serve(
    site({
      "/robots.txt": "User-agent: *\nDisallow: /private",
      "/": `<a href=/a><a href=/private><a href=mailto:a@b><a href="http://[/"><a href=/new rel=nofollow>`,
      "/a": "<a href=/private><a href=mailto:a@b><a href=/moved><a href=/out>",
      "/moved": { status: 301, headers: { location: "/a" } },
      "/out": { status: 302, headers: { location: "http://other.example/" } },
    }),
  );
  const { summary, skipped } = await listed({ seeds: [origin], job: temporaryFolder() });
  const told = skipped.map(({ url, reason, referrer }) =>
    [url, reason, referrer].map((it) => it?.replace(origin, "")).join(" "),
  );
  expect(told.sort()).toEqual([
    "/a known /moved",
    "/new nofollow /",
    "/private robots /",
    "http://[/ bad-url /",
    "http://other.example/ other-host /out",
    "mailto:a@b unsupported-scheme /",
    "mailto:a@b unsupported-scheme /a",
  ]);
  expect(countsOf(skipped)).toEqual(summary.skipped);
});

it("counts links beyond the cap, and names their page", async () => {
  const links = Array.from({ length: 50_003 }, (_, i) => `<a href=/p/${i}>`).join("");
  const { origin } = await serve(site({ "/": links }));
  const options = { seeds: [origin], job: temporaryFolder(), maxDepth: 0 };
  const { summary, skipped } = await listed(options);
  expect(countsOf(skipped)).toEqual(summary.skipped);
  expect(skipped.filter(({ reason }) => reason === "too-many-links")).toEqual([
    { url: `${origin}/`, reason: "too-many-links", referrer: `${origin}/`, count: 3 },
  ]);
});

it("names what is left when the crawl ends, until it goes on", async () => {
  const pages = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [
      `/${i === 0 ? "" : i}`,
      `<a href=/${i + 1}><a href=x:y>`,
    ]),
  );
  const { origin } = await serve(
    site({ ...pages, "/": [1, 2, 3].map((i) => `<a href=/${i}>`).join("") }),
  );
  const options = { seeds: [origin], job: temporaryFolder() };
  const first = await listed({ ...options, maxPages: 2 });
  expect(countsOf(first.skipped)).toEqual(first.summary.skipped);
  const left = first.skipped.filter(({ reason }) => reason === "max-pages");
  expect(left.map(({ url }) => url).sort()).toEqual([`${origin}/2`, `${origin}/3`]);
  expect(left.every(({ referrer }) => referrer === `${origin}/`)).toBe(true);
  const all = await listed(options);
  expect(all.summary.skipped).toEqual({ "unsupported-scheme": 29 });
  expect(countsOf(all.skipped)).toEqual(all.summary.skipped);
});

it("is CSV by its name, with all of what was said before", async () => {
  const { origin } = await serve(site({ "/": "<a href=mailto:a@b>", "/a": "<a href=x:y>" }));
  const skipped = join(temporaryFolder(), "left.csv");
  await run(() => crawl({ seeds: [origin, `${origin}/a`], skipped }));
  const [header, ...records] = parseCsv(readFileSync(skipped, "utf8"));
  expect(header).toEqual(["url", "reason", "referrer", "count"]);
  expect(records.sort()).toEqual([
    ["mailto:a@b", "unsupported-scheme", `${origin}/`, ""],
    ["x:y", "unsupported-scheme", `${origin}/a`, ""],
  ]);
});
