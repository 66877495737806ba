import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { gzipSync } from "node:zlib";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { crawl, Crawler } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import type { PageRecord, Skipped } from "../src/output.js";
import { depthFor, Seeds, type SeedsOptions } from "../src/seeds.js";
import type { Summary } from "../src/summary.js";
import { temporaryFolder } from "./folder.js";
import { serve, site } from "./server.js";

const NONE: SeedsOptions = { seeds: [], seedFiles: [], sitemaps: [] };
const quiet = (): void => {};

describe("Seeds", () => {
  it("gives what was named, then what the lists have, then sitemaps; of earlier runs too", async () => {
    const file = join(temporaryFolder(), "urls.txt");
    writeFileSync(file, "\uFEFF# mine\nhttp://a.example/\r\n\n  http://b.example/ \nnonsense");
    const first = new Seeds(
      {
        seeds: ["http://s.example/"],
        seedFiles: [relative(process.cwd(), file)],
        sitemaps: ["http://m.example/"],
      },
      undefined,
      quiet,
    );
    const texts = ["http://s.example/", "http://a.example/", "http://b.example/", "nonsense"];
    const expected = [
      ...texts.map((text) => ({ text, isSitemap: false })),
      { text: "http://m.example/", isSitemap: true },
    ];
    expect(await run(() => [...first])).toEqual(expected);
    expect(first.saved.files).toEqual([file]);
    const next = { ...NONE, seeds: ["http://s.example/", "http://new.example/"] };
    const later = await run(() => [...new Seeds(next, first.saved, quiet)]);
    expect(later.map(({ text }) => text)).toEqual([
      "http://s.example/",
      "http://new.example/",
      "http://a.example/",
      "http://b.example/",
      "nonsense",
      "http://m.example/",
    ]);
  });

  it("goes on without a list of an earlier run, and says so; one that is named must be there", async () => {
    const file = join(temporaryFolder(), "urls.txt");
    writeFileSync(file, "http://a.example/");
    const given = { ...NONE, seedFiles: [file] };
    const { saved } = new Seeds(given, undefined, quiet);
    rmSync(file);
    let said = "";
    const later = new Seeds(NONE, saved, (message) => (said = message));
    expect(await run(() => [...later])).toEqual([]);
    expect(said).toContain(`${file} cannot be read: ENOENT`);
    await expect(run(() => [...new Seeds(given, saved, quiet)])).rejects.toThrow("ENOENT");
  });
});

it("makes pages of sitemaps as near as seeds, and listed sitemaps known by their depth", () => {
  const page = { href: "x", nofollow: false };
  const sitemap = { ...page, sitemap: true };
  expect([depthFor([page], 3) + 1, depthFor([], 0) + 1]).toEqual([4, 1]);
  expect([depthFor([page], -1) + 1, depthFor([page], -2) + 1]).toEqual([0, 0]);
  expect([depthFor([sitemap], -1) + 1, depthFor([sitemap], -2) + 1]).toEqual([-2, -3]);
});

interface Crawled {
  readonly summary: Summary;
  /** By path: the record, of URLs on the test's own server. */
  readonly byPath: Record<string, PageRecord>;
  readonly skipped: Skipped[];
}

async function crawled(origin: string, options: Partial<CrawlOptions>): Promise<Crawled> {
  const byPath: Record<string, PageRecord> = {};
  const skipped: Skipped[] = [];
  const summary = await run(() =>
    crawl({
      seeds: [],
      retries: 0,
      output: { write: (record) => (byPath[record.url.replace(origin, "")] = record) },
      skipped: { write: (it) => skipped.push(it) },
      ...options,
    }),
  );
  return { summary, byPath, skipped };
}

const urlset = (...urls: string[]): string =>
  `<urlset>${urls.map((url) => `<url><loc>${url}</loc></url>`).join("")}</urlset>`;
const index = (...urls: string[]): string =>
  `<sitemapindex>${urls.map((url) => `<sitemap><loc>${url}</loc></sitemap>`).join("")}</sitemapindex>`;
const XML = { "content-type": "application/xml" };

describe("a crawl that begins with sitemaps", () => {
  it("fetches them with its manners, and their pages as if they were seeds", async () => {
    const { origin, requests } = await serve((request, response) => {
      const { url = "" } = request;
      const pages: Record<string, string | Buffer> = {
        "/robots.txt": "User-agent: *\nDisallow: /private",
        "/index.xml": index("/one.xml.gz", "/private/two.xml", "/index.xml", "/moved.xml"),
        "/one.xml.gz": gzipSync(urlset("/a", "/b", "http://other.example/", "/index.xml")),
        "/three.xml": urlset("/c"),
        "/a": "<a href=/d>",
      };
      if (url === "/moved.xml") response.writeHead(301, { location: "/three.xml" });
      else response.writeHead(200, url.endsWith("l") ? XML : { "content-type": "text/html" });
      response.end(pages[url] ?? "");
    });
    const { summary, byPath, skipped } = await crawled(origin, {
      sitemaps: [`${origin}/index.xml`],
      maxDepth: 0,
    });
    expect(Object.keys(byPath).toSorted()).toEqual([
      "/a",
      "/b",
      "/c",
      "/index.xml",
      "/moved.xml",
      "/one.xml.gz",
    ]);
    const { depth, referrer } = byPath["/a"]!;
    expect([depth, referrer]).toEqual([0, `${origin}/one.xml.gz`]);
    expect(byPath["/index.xml"]).toMatchObject({ links: 4, depth: -1, referrer: null });
    const reasons = skipped.map(({ url, reason }) => [url.replace(origin, ""), reason]);
    expect(reasons.toSorted()).toEqual([
      ["/d", "too-deep"],
      ["/private/two.xml", "robots"],
      ["http://other.example/", "other-host"],
    ]);
    expect(requests.filter((url) => url === "/index.xml")).toHaveLength(1);
    expect(summary).toMatchObject({ limit: null, failed: 0 });
  });

  it("takes those that robots.txt names, when it is told to", async () => {
    const { origin } = await serve(({ url }, response) => {
      response.writeHead(200, url === "/map" ? XML : { "content-type": "text/html" });
      if (url === "/robots.txt") response.end("Sitemap: /map\nSitemap: http://other.example/map");
      else response.end(url === "/map" ? urlset("/a") : "");
    });
    const { byPath } = await crawled(origin, { seeds: [origin] });
    expect(Object.keys(byPath)).toEqual(["/"]);
    const told = await crawled(origin, { seeds: [origin], robotsSitemaps: true });
    expect(Object.keys(told.byPath).toSorted()).toEqual(["/", "/a", "/map"]);
    expect(told.skipped).toMatchObject([{ reason: "other-host" }]);
  });

  it("does not follow indexes of indexes without end", async () => {
    const { origin } = await serve(({ url }, response) => {
      response.writeHead(200, XML).end(index(`/${Number(url!.slice(1)) + 1}`));
    });
    const { byPath, skipped } = await crawled(origin, {
      sitemaps: [`${origin}/1`],
      robots: false,
    });
    expect(Object.keys(byPath)).toEqual(["/1", "/2", "/3", "/4", "/5"]);
    expect(skipped).toMatchObject([{ url: `${origin}/6`, reason: "too-deep" }]);
  });

  it("is not held by one that has no end", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/a") return void response.end();
      response.writeHead(200, XML);
      response.write(`<urlset><url><loc>/a</loc></url>`);
      const more = Buffer.alloc(1_000_000, "<url><loc>x");
      const write = (): void => {
        while (!response.destroyed && response.write(more));
      };
      response.on("drain", write);
      write();
    });
    const { byPath } = await crawled(origin, { sitemaps: [`${origin}/map`], robots: false });
    expect(byPath["/map"]).toMatchObject({ status: 200, error: null });
    expect(byPath["/map"]!.bytes).toBeLessThan(60_000_000);
    expect(byPath["/a"]).toMatchObject({ depth: 0 });
  });

  it("says what is no sitemap by what it has", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/missing": { status: 404 } }));
    const sitemaps = [`${origin}/`, `${origin}/missing`];
    const { byPath } = await crawled(origin, { sitemaps, robots: false });
    expect(byPath["/"]).toMatchObject({ status: 200, links: 0 });
    expect(byPath["/missing"]).toMatchObject({ status: 404 });
  });
});

describe("a crawl that begins with a list", () => {
  it("begins nothing when that cannot be read", async () => {
    const job = join(temporaryFolder(), "job");
    const crawling = crawled("", { seedFiles: ["/nonexistent"], job });
    await expect(crawling).rejects.toThrow("/nonexistent cannot be read: ENOENT");
    expect(existsSync(job)).toBe(false);
  });

  it("has the hosts of all its lines in scope from the start, and says what is no URL, once", async () => {
    const first = await serve(({ url }, response) => {
      response.setHeader("content-type", "text/html");
      response.end(url === "/" ? `<a href=${second.origin}/linked>` : "");
    });
    const second = await serve(site({ "/": "", "/linked": "" }));
    const folder = temporaryFolder();
    const list = join(folder, "urls.txt");
    writeFileSync(list, `${first.origin}/\nnonsense\n${second.origin}/\n`);
    const options = { seedFiles: [list], robots: false, job: join(folder, "job") };
    const { summary } = await crawled("", options);
    expect(summary).toMatchObject({ pages: 3, failed: 1, errors: { "bad-url": 1 } });
    writeFileSync(list, `${first.origin}/\nnonsense\n${second.origin}/new\n`);
    // What is new in the list is fetched by the next run.
    const again = await crawled("", options);
    expect(again.summary).toMatchObject({ pages: 4, failed: 1 });
  });

  it("keeps no more of a long list in memory than of a short one", async () => {
    const folder = temporaryFolder();
    const list = join(folder, "urls.txt");
    const line = (i: number): string => `http://127.0.0.1:9/${i}/${"x".repeat(100)}\n`;
    writeFileSync(list, Array.from({ length: 200_000 }, (_, i) => line(i)).join(""));
    let longest = 0;
    const summary = await run(() => {
      const options = { seeds: [], seedFiles: [list], robots: false, retries: 0, maxPages: 1 };
      const crawler = new Crawler({ ...options, job: join(folder, "job") });
      const take = crawler.frontier.takeChanges.bind(crawler.frontier);
      crawler.frontier.takeChanges = () => {
        const changes = take();
        longest = Math.max(longest, changes.added.length);
        return changes;
      };
      return crawler.run();
    });
    expect(summary.skipped).toEqual({ "max-pages": 199_999 });
    // So many wait for a commit at most.
    expect(longest).toBeLessThanOrEqual(50_000);
  });
});
