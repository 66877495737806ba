import { run, sleep, spawn } from "greenlit";
import { expect, it } from "vitest";
import { Crawler } from "../../src/crawler.js";
import { watchRequests } from "../../src/dashboard/watch-requests.js";
import { serve } from "../server.js";

/** Answers each path in its own slow way, so that each phase can be seen. */
async function slowSite(): Promise<string> {
  const { origin } = await serve((request, response) => {
    const later = (ms: number, end: () => void): void => void setTimeout(end, ms);
    switch (request.url) {
      case "/robots.txt":
        return later(80, () => response.writeHead(404).end());
      case "/":
        return later(80, () => response.writeHead(302, { location: "/page" }).end());
      default:
        response.writeHead(200, { "content-type": "text/html" }).write("<title>x</title>");
        return later(80, () => response.end());
    }
  });
  return origin;
}

/** The phases that a crawl of one page goes through, in order. */
async function phasesOf(origin: string): Promise<string[]> {
  const seen: string[] = [];
  await run(() => {
    const crawler = new Crawler({ seeds: [origin], delay: 160 }, () => sleep(40));
    const looking = spawn(() => {
      for (;;) {
        for (const { phase } of crawler.flights) if (seen.at(-1) !== phase) seen.push(phase);
        sleep(1);
      }
    });
    crawler.run();
    expect(crawler.flights.size).toBe(0);
    looking.kill();
  });
  return seen;
}

it("a page in flight says what it is doing", async () => {
  const stop = watchRequests();
  const seen = await phasesOf(await slowSite());
  stop();
  const quick = new Set(["connecting", "parsing"]);
  const slow = seen.filter((phase) => !quick.has(phase));
  expect(slow).toEqual(["robots", "headers", "waiting", "headers", "body", "handling"]);
});

it("without anybody who watches requests, one that waits for its answer is connecting", async () => {
  const seen = await phasesOf(await slowSite());
  expect(seen).toContain("connecting");
  expect(seen).not.toContain("headers");
});
