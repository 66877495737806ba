import { run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { Crawler } from "../src/crawler.js";
import { Experience, type Learner } from "../src/experience.js";
import type { CrawlOptions } from "../src/options.js";
import { temporaryFolder } from "./folder.js";
import { type Handler, serve } from "./server.js";

interface Site {
  readonly origin: string;
  /** Paths asked for, robots.txt left out, and when. */
  readonly requests: string[];
  readonly times: number[];
}

async function siteOf(handler: Handler): Promise<Site> {
  const [requests, times]: [string[], number[]] = [[], []];
  const { origin } = await serve((request, response) => {
    if (request.url === "/robots.txt") return void response.writeHead(404).end();
    requests.push(request.url!);
    times.push(performance.now());
    handler(request, response.setHeader("content-type", "text/html"));
  });
  return { origin, requests, times };
}

/** Crawls until nothing is left, or it is told to stop. */
async function crawlUntil(
  options: CrawlOptions,
  isEnough: () => boolean = () => false,
): Promise<void> {
  await run(() => {
    const crawler = new Crawler({ perHost: 1, grace: 50, ...options });
    const watcher = spawn(() => {
      while (!isEnough()) sleep(1);
      crawler.stop();
    });
    crawler.run();
    watcher.kill();
  });
}

describe("Experience", () => {
  it("tells what has changed, once a second or at the end, and gives it back with its age", () => {
    let what: unknown = [];
    const relearned: unknown[] = [];
    const learner: Learner = {
      learnt: () => what,
      relearn: (it, _, ago) => void relearned.push(it, ago),
    };
    const experience = new Experience({ one: learner });
    expect(experience.changes(true)).toEqual({});
    what = [1];
    expect(experience.changes(false)).toEqual({}); // too early
    const changes = experience.changes(true);
    expect(changes).toEqual({ "learnt one": { at: expect.any(Number) as number, what: [1] } });
    expect(experience.changes(true)).toEqual({});
    what = [];
    expect(Object.keys(experience.changes(true))).toEqual(["learnt one"]);

    const [at, other] = [Date.now() - 5_000, Date.now() + 5_000]; // another machine's clock
    const states = { "learnt one": { at, what: 1 }, "learnt one b": { at: other, what: 2 }, x: 3 };
    experience.restore(new Map(Object.entries(states)));
    expect(relearned).toEqual([1, expect.any(Number), 2, 0]);
    expect(relearned[1]).toBeGreaterThanOrEqual(5_000);
  });
});

describe("a crawl that goes on", () => {
  it("gives a trap no new allowance", async () => {
    const { origin, requests } = await siteOf((request, response) => {
      const day = Number(/\d+/.exec(request.url!)?.[0] ?? 0);
      response.end(`Nothing on this day <a href="/day/${day + 1}">the next</a>`);
    });
    const options = { seeds: [`${origin}/day/0`], job: temporaryFolder() };
    for (const enough of [30, 60, 90]) {
      await crawlUntil(options, () => requests.length >= enough);
      expect(requests.length).toBeLessThan(101);
    }
    await crawlUntil(options);
    expect(new Set(requests).size).toBe(101);
  });

  it("leaves a host alone for as long as it said before", async () => {
    const { origin, requests, times } = await siteOf((request, response) => {
      if (request.url === "/" && requests.length === 1) {
        response.writeHead(503, { "retry-after": "2" });
      }
      response.end();
    });
    const options = { seeds: [`${origin}/`], job: temporaryFolder() };
    await crawlUntil(options, () => requests.length === 1);
    expect(requests).toHaveLength(1);
    await crawlUntil(options);
    expect(requests).toEqual(["/", "/"]);
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(1_900);
  });

  it("has the cookies that it had", async () => {
    const cookies: unknown[] = [];
    const { origin, requests } = await siteOf((request, response) => {
      cookies.push(request.headers.cookie);
      if (request.url === "/") response.setHeader("set-cookie", "session=1; Path=/");
      response.end("<a href=/1><a href=/2><a href=/3>");
    });
    const options = { seeds: [`${origin}/`], job: temporaryFolder() };
    await crawlUntil(options, () => requests.length === 2);
    await crawlUntil(options);
    expect(requests.length).toBeGreaterThanOrEqual(4);
    expect(new Set(cookies.slice(1))).toEqual(new Set(["session=1"]));
  });
});
