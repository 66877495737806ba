import type { ServerResponse } from "node:http";
import { Writable } from "node:stream";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { crawl, Crawler } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import { JsonlStream } from "../src/jsonl.js";
import type { PageRecord } from "../src/output.js";
import type { Summary } from "../src/summary.js";
import { type DemoProcess, startDemoProcess } from "./demo-process.js";
import { temporaryFolder } from "./folder.js";
import { serve, site } from "./server.js";

interface Crawled {
  readonly summary: Summary;
  readonly records: PageRecord[];
}

async function crawled(options: CrawlOptions): Promise<Crawled> {
  const records: PageRecord[] = [];
  const output = { write: (record: PageRecord): void => void records.push(record) };
  return { summary: await run(() => crawl({ retryDelay: 20, ...options, output })), records };
}

const crawlDemo = (demo: DemoProcess, options: Partial<CrawlOptions> = {}): Promise<Crawled> =>
  crawled({ seeds: [demo.plan.seed], scope: "any", allowPrivate: true, perHost: 8, ...options });

/**
 * Final URLs of the pages that answered 2xx, in alphabetical order; one that was found twice is
 * there twice.
 */
function pagesOf({ records }: Crawled): string[] {
  return records
    .filter(({ status, error }) => error === null && Math.floor(status! / 100) === 2)
    .map(({ finalUrl }) => finalUrl)
    .sort();
}

describe("a crawl of the whole demo site", () => {
  it("finds exactly what is there, and says exactly what went wrong", async () => {
    const demo = await startDemoProcess(100, 0.2);
    const { expected } = demo.plan;
    const result = await crawlDemo(demo);
    expect(pagesOf(result)).toEqual([...expected.pages].sort());
    expect(pagesOf(result)).toHaveLength(2_420);

    const { summary, records } = result;
    expect(summary).toMatchObject({
      interrupted: false,
      pages: 2_425,
      failed: 25,
      statuses: expected.statuses,
      errors: expected.errorCounts,
      skipped: expected.skipped,
      retries: expected.retryCount,
      hosts: 26,
    });
    const failed = records.filter(({ error }) => error !== null);
    expect(new Map(failed.map(({ url, error }) => [url, error]))).toEqual(expected.errors);
    for (const { message } of failed) expect(message).toMatch(/./);
    expect(new Set(records.map(({ url }) => url)).size).toBe(records.length);
    expect(summary.bytes).toBe(records.reduce((sum, { bytes }) => sum + bytes, 0));
    const titles = new Map(records.map(({ finalUrl, title }) => [finalUrl, title]));
    for (const [url, title] of expected.titles) expect(titles.get(url), url).toBe(title);

    // And the same seen from the other side.
    const { requests, maxConcurrent } = await demo.log();
    for (const url of expected.neverRequested) expect(requests[url], url).toBe(undefined);
    const [failures, unreadable] = [demo.plan.hosts[2]!, demo.plan.hosts[5]!];
    const [sloppy, hostile] = [demo.plan.hosts[15]!, demo.plan.hosts[16]!];
    // Pages of the sloppy host are asked for twice until it is known for that.
    const repeated = Object.entries(requests).filter(
      ([url, count]) => count > (url.startsWith(sloppy) ? 2 : 1),
    );
    expect(Object.fromEntries(repeated)).toEqual({
      [`${failures}/e/500`]: 3,
      [`${failures}/e/reset`]: 3,
      [`${failures}/e/flaky`]: 2,
      [`${failures}/e/busy`]: 2,
      [`${hostile}/hostile/shorter`]: 3,
      [`${hostile}/hostile/chunk`]: 3,
      [`${hostile}/hostile/headers`]: 3,
      [`${hostile}/hostile/no-http`]: 6, // each time as HTTP, and then as what looks like it
      [`${unreadable}/robots.txt`]: 4,
    });
    const most = Math.max(...Object.values(maxConcurrent));
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it("finds the same with one page at a time and with two hundred", async () => {
    const demo = await startDemoProcess(5, 0.05);
    const alone = await crawlDemo(demo, { concurrency: 1 });
    const other = await startDemoProcess(5, 0.05);
    const many = await crawlDemo(other, { concurrency: 200 });
    expect(alone.summary.peakInFlight).toBe(1);
    expect(many.summary.peakInFlight).toBeGreaterThan(20);
    expect(pagesOf(alone)).toEqual([...demo.plan.expected.pages].sort());
    expect(pagesOf(many)).toEqual([...other.plan.expected.pages].sort());
    for (const key of ["statuses", "errors", "skipped", "retries", "failed", "hosts"] as const) {
      expect(many.summary[key], key).toEqual(alone.summary[key]);
    }
  });

  it("never has more than --per-host requests at one host, redirects and robots.txt included", async () => {
    for (const perHost of [1, 2]) {
      const demo = await startDemoProcess(10, 0.1);
      const result = await crawlDemo(demo, { perHost });
      expect(pagesOf(result)).toEqual([...demo.plan.expected.pages].sort());
      const { maxConcurrent } = await demo.log();
      expect(Object.keys(maxConcurrent)).toHaveLength(24);
      expect(Math.max(...Object.values(maxConcurrent))).toBeLessThanOrEqual(perHost);
    }
  });

  it("fetches what robots.txt and nofollow forbid when told to", async () => {
    const demo = await startDemoProcess(2, 0.05);
    const { summary } = await crawlDemo(demo, { robots: false });
    expect(summary.skipped).not.toHaveProperty("robots");
    expect(summary.skipped).not.toHaveProperty("nofollow");
    const { requests } = await demo.log();
    expect(requests[`${demo.plan.hosts[4]}/private/1`]).toBe(1);
    expect(requests[`${demo.plan.hosts[13]}/hidden/1`]).toBe(1);
    expect(Object.keys(requests).filter((url) => url.endsWith("/robots.txt"))).toEqual([]);
  });

  it("begins exactly so many pages", async () => {
    const demo = await startDemoProcess(20, 0.1);
    const { summary, records } = await crawlDemo(demo, { maxPages: 50 });
    expect(records).toHaveLength(50);
    expect(summary.skipped["max-pages"]).toBeGreaterThan(0);
    const shallow = await crawlDemo(await startDemoProcess(20, 0.1), { maxDepth: 1 });
    expect(Math.max(...shallow.records.map(({ depth }) => depth))).toBe(1);
    expect(shallow.summary.skipped["too-deep"]).toBeGreaterThan(0);
  });
});

describe("a crawl", () => {
  it("stays on the seed's host", async () => {
    const other = await serve(site({}));
    const { origin } = await serve(
      site({ "/": `<a href=/a><a href=${other.origin}/x>`, "/a": "" }),
    );
    const { summary, records } = await crawled({ seeds: [origin] });
    expect(records.map(({ url }) => url).sort()).toEqual([`${origin}/`, `${origin}/a`]);
    expect(summary.skipped).toEqual({ "other-host": 1 });
    expect(other.requests).toEqual([]);
  });

  it("follows a seed to where the site really lives, and no other page", async () => {
    const www = await serve(site({ "/": "<a href=/a>", "/a": "<title>A</title>" }));
    const elsewhere = await serve(site({}));
    const moved = (location: string) => ({ status: 301, headers: { location } });
    const apex = await serve(
      site({ "/": moved(`${www.origin}/`), "/2": `<a href=/3>`, "/3": moved(elsewhere.origin) }),
    );
    const { records } = await crawled({ seeds: [apex.origin, `${apex.origin}/2`] });
    const seen = records.map(({ url, finalUrl, stopped }) => [url, finalUrl, stopped]);
    expect(seen).toContainEqual([`${apex.origin}/`, `${www.origin}/`, null]);
    expect(seen).toContainEqual([`${www.origin}/a`, `${www.origin}/a`, null]);
    expect(seen).toContainEqual([`${apex.origin}/3`, `${elsewhere.origin}/`, "other-host"]);
    expect(elsewhere.requests).toEqual([]);
  });

  it("goes no private way that the user did not name", async () => {
    const inner = await serve(site({}));
    const hidden = inner.origin.replace("127.0.0.1", "127.0.0.2");
    const { origin } = await serve(site({ "/": `<a href=${hidden}/secret>` }));
    const { records } = await crawled({ seeds: [origin], scope: "any" });
    expect(records.find(({ url }) => url === `${hidden}/secret`)).toMatchObject({
      error: "private-address",
    });
    expect(inner.requests).toEqual([]);
  });

  it("records seeds that are no URLs, and goes on", async () => {
    const { origin } = await serve(site({ "/": "" }));
    const { summary, records } = await crawled({ seeds: ["nonsense", "ftp://a/", origin] });
    expect(records.map(({ url, error }) => [url, error])).toEqual([
      ["nonsense", "bad-url"],
      ["ftp://a/", "unsupported-scheme"],
      [`${origin}/`, null],
    ]);
    expect(summary).toMatchObject({ pages: 1, failed: 2 });
  });

  it("counts a URL against its path once, however many pages link to it", async () => {
    const links = Array.from({ length: 150 }, (_, i) => `<a href=/${i}>`).join("");
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      response.end(request.url === "/" ? links : "<a href='/q?1'>");
    });
    const { summary } = await crawled({ seeds: [origin], robots: false });
    expect(summary.pages).toBe(152);
    expect(summary.skipped).toEqual({});
  });

  it("says how a page was found", async () => {
    const { origin } = await serve(
      site({
        "/": "<title>Home</title><link rel=canonical href=/home><a href=/a><a href=/b>",
        "/a": "<meta name=robots content=noindex><a href=/c>",
      }),
    );
    const { records } = await crawled({ seeds: [origin], concurrency: 1 });
    const [home, a] = records;
    expect(home).toMatchObject({
      depth: 0,
      referrer: null,
      title: "Home",
      canonical: `${origin}/home`,
      noindex: false,
      links: 2,
      attempts: 1,
      status: 200,
    });
    expect(a).toMatchObject({ url: `${origin}/a`, depth: 1, referrer: `${origin}/` });
    expect(a).toMatchObject({ canonical: null, noindex: true });
    expect(records[3]).toMatchObject({
      url: `${origin}/c`,
      depth: 2,
      referrer: `${origin}/a`,
      status: 404,
    });
  });

  it("leaves a host alone for as long as its Retry-After says", async () => {
    const times: number[] = [];
    const { origin } = await serve((request, response) => {
      if (request.url === "/robots.txt") return void response.writeHead(404).end();
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { "retry-after": "1" }).end();
      else response.end("fine");
    });
    const { records, summary } = await crawled({ seeds: [origin] });
    expect(records).toMatchObject([{ status: 200, attempts: 2 }]);
    expect(summary.retries).toBe(1);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(995);
  });

  it("keeps the crawl-delay of robots.txt between two requests, redirects included", async () => {
    let [told, last, pages] = [0, 0, 0];
    const { origin } = await serve((request, response) => {
      if (request.url === "/robots.txt") {
        told = performance.now();
        return void response.end("User-agent: *\nCrawl-delay: 0.1");
      }
      last = performance.now();
      pages++;
      response.setHeader("content-type", "text/html");
      if (request.url === "/2") response.writeHead(302, { location: "/4" }).end();
      else response.end("<a href=/1><a href=/2><a href=/3>");
    });
    const { records } = await crawled({ seeds: [origin], perHost: 4 });
    expect(records).toHaveLength(4);
    // All together: one that arrives late brings the next one nearer.
    expect(pages).toBe(5);
    expect(last - told).toBeGreaterThanOrEqual(4 * 100 - 1);
  });

  it("ends when its output cannot be written, and says why", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>" }));
    const full = new Writable({ write: (_chunk, _encoding, done) => done(new Error("no space")) });
    const crawling = run(() => {
      return crawl({ seeds: [origin], output: new JsonlStream(full) });
    });
    await expect(crawling).rejects.toMatchObject({ code: "ERR_CRAWLER_OUTPUT" });
  });

  it("stops when told: what is in flight may end, what does not goes back to the frontier", async () => {
    let slow: ServerResponse | undefined;
    let crawler: Crawler | undefined;
    const { origin } = await serve((request, response) => {
      if (request.url === "/robots.txt") return void response.writeHead(404).end();
      response.setHeader("content-type", "text/html");
      if (request.url === "/") response.end("<a href=/slow><a href=/never><a href=/queued>");
      else if (request.url === "/slow") slow = response;
      else {
        crawler?.stop(); // two are in flight now
        slow?.end("<a href=/later>");
      }
    });
    const records: PageRecord[] = [];
    const output = { write: (record: PageRecord): void => void records.push(record) };
    const summary = await run(() => {
      crawler = new Crawler({ seeds: [origin], grace: 2_000, output });
      return crawler.run();
    });
    expect(
      records.map(({ url, status, error }) => [url.replace(origin, ""), status, error]),
    ).toEqual([
      ["/", 200, null],
      ["/slow", 200, null],
    ]);
    expect(summary).toMatchObject({
      interrupted: true,
      pages: 2,
      failed: 0,
      skipped: { interrupted: 3 },
    });
  });

  it("begins no page once it has received enough, and ends those that it has begun", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/robots.txt") return void response.writeHead(404).end();
      const next = Number(request.url!.slice(1)) + 1;
      response.setHeader("content-type", "text/html");
      response.end(`<a href=/${next}>`.padEnd(1_000));
    });
    const options = { seeds: [origin], maxBytes: "2.5kB", perHost: 1, job: temporaryFolder() };
    const { summary } = await crawled(options);
    expect(summary).toMatchObject({
      pages: 3,
      limit: "max-bytes",
      interrupted: false,
      skipped: { "max-bytes": 1 },
    });
    // Of the whole crawl: a later run begins none either, until it is given more.
    expect((await crawled(options)).summary).toMatchObject({ pages: 3, limit: "max-bytes" });
    expect((await crawled({ ...options, maxBytes: "3.5kB" })).summary.pages).toBe(4);
  });

  it("stops when its time is over, and the next run goes on", async () => {
    let holds = true;
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      if (request.url === "/") response.end("<a href=/slow>");
      else if (!holds) response.end();
    });
    const options = { seeds: [origin], robots: false, job: temporaryFolder(), grace: 10 };
    const { summary } = await crawled({ ...options, maxTime: "1s" });
    const stopped = { limit: "max-time", interrupted: false, skipped: { "max-time": 1 } };
    expect(summary).toMatchObject({ pages: 1, ...stopped });
    holds = false;
    // A time that it does not need does not keep it.
    const { summary: next } = await crawled({ ...options, maxTime: "1h" });
    expect(next).toMatchObject({ pages: 2, limit: null, skipped: {} });
  });

  it("records an error of its own too, rather than lose it", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/a": "" }));
    const records: PageRecord[] = [];
    const output = { write: (record: PageRecord): void => void records.push(record) };
    const summary = await run(() => {
      const crawler = new Crawler({ seeds: [origin], output });
      const add = crawler.frontier.add.bind(crawler.frontier);
      crawler.frontier.add = (url, depth, referrer) => {
        if (url.pathname === "/a") throw new TypeError("a bug");
        return add(url, depth, referrer);
      };
      return crawler.run();
    });
    expect(records).toMatchObject([{ url: `${origin}/`, error: "unexpected", message: "a bug" }]);
    expect(summary.errors).toEqual({ unexpected: 1 });
  });
});
