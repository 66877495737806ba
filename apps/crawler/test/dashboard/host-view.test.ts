import { expect, it } from "vitest";
import { HostView } from "../../src/dashboard/host-view.js";
import { Frontier } from "../../src/frontier.js";
import { Manners } from "../../src/manners.js";

const query = { filter: "", sort: "host", descending: false, limit: 100 };

function setUp(delay = 0): { frontier: Frontier; manners: Manners; view: HostView } {
  const frontier = new Frontier({ concurrency: 10, perHost: 2 });
  const manners = new Manners({ delay, retryDelay: 100 });
  return { frontier, manners, view: new HostView({ frontier, manners }) };
}

it("says of each host why it is not asked faster", () => {
  const { frontier, manners, view } = setUp();
  const names = ["unknown", "free", "crawl-delay", "slow", "busy", "paused", "dead"];
  for (const host of names) {
    frontier.add(new URL(`http://${host}/`), 0, null);
    if (host !== "unknown") frontier.open(host, 0);
  }
  const told = (host: string): void => frontier.open(host, manners.delay(host));
  manners.learnCrawlDelay("crawl-delay", 2_000);
  for (let i = 0; i < 20; i++) manners.answered("slow", 200, 6_000);
  manners.answered("busy", 429, 5);
  for (let i = 0; i < 5; i++) {
    manners.failed("dead", "connect-timeout", performance.now() + i, performance.now() + i);
  }
  for (const host of ["crawl-delay", "slow", "busy"]) told(host);
  frontier.pause("paused", 30_000, "it said Retry-After");
  const reasons = Object.fromEntries(view.select(query).rows.map((row) => [row.host, row.reason]));
  expect(reasons["unknown"]).toBe("one request until its robots.txt is known");
  expect(reasons["free"]).toBe("");
  expect(reasons["crawl-delay"]).toBe("2000 ms between requests: crawl-delay in robots.txt");
  expect(reasons["slow"]).toMatch(/^\d+ ms between requests: answers take [56]\.\d s$/);
  expect(reasons["busy"]).toMatch(/ms between requests: .*429/);
  expect(reasons["paused"]).toMatch(/^left alone for [23]\d\.\d s: it said Retry-After$/);
  expect(reasons["dead"]).toMatch(/dead is given up/);
});

it("counts what became of each host's pages, and sorts and filters by all columns", () => {
  const { frontier, view } = setUp();
  for (let host = 0; host < 300; host++) {
    for (let i = 0; i <= host % 7; i++) frontier.add(new URL(`http://h${host}/${i}`), 0, null);
    for (let i = 0; i < host; i++) view.count(`http://h${host}/x`, i % 10 === 0);
  }
  const largest = view.select({ ...query, sort: "pages", descending: true });
  expect(largest).toMatchObject({ total: 300, matching: 300 });
  expect(largest.rows).toHaveLength(100);
  expect(largest.rows[0]).toMatchObject({ host: "h299", pages: 269, errors: 30 });
  const found = view.select({ ...query, filter: "H29", sort: "queued", descending: true });
  expect(found.matching).toBe(11);
  expect(found.rows[0]!.queued).toBe(7);
});
