import { run } from "greenlit";
import { expect, it } from "vitest";
import { Crawler } from "../../src/crawler.js";
import { Monitor } from "../../src/dashboard/monitor.js";
import type { Panels } from "../../src/dashboard/snapshot.js";
import { record } from "../record.js";

const query = { filter: "", sort: "at", descending: true, limit: 100 };
const NAMES = ["greenlets", "hosts", "failures", "skips", "graph"] as const;

it("has the state of the crawl", async () => {
  const crawler = new Crawler({ seeds: ["http://127.0.0.1:9/"], retries: 0 });
  const monitor = new Monitor(crawler);
  expect(monitor.tick).toMatchObject({ state: "running", concurrency: 100, perHost: 2 });
  crawler.pause();
  expect(monitor.tick.state).toBe("paused");
  crawler.resume();
  await run(() => crawler.run());
  expect(monitor.tick.counts).toMatchObject({ pages: 0, failed: 1, known: 1, queued: 0 });
  monitor.end();
  expect(monitor.tick.state).toBe("finished");
  crawler.stop();
  expect(monitor.tick.state).toBe("stopped");
});

it("an hour of a fast crawl makes it no larger", async () => {
  const crawler = new Crawler({ seeds: [] });
  const monitor = new Monitor(crawler);
  const sizes: number[] = [];
  let told = 0;
  for (let second = 0; second < 3_600; second++) {
    // 150 pages a second, of ever more hosts, each tenth a failure, and links not followed.
    for (let i = 0; i < 150; i++) {
      const url = `http://host${second % 3_000}.example/section${i}/page${second}`;
      const referrer = `http://host${(second * 7) % 3_000}.example/`;
      const status = i % 10 === 0 ? 500 : 200;
      monitor.ended(record({ url, finalUrl: url, referrer, status, ms: (second * i) % 5_000 }));
      monitor.skipped({ url, reason: `reason-${i % 20}`, referrer });
    }
    monitor.sample();
    told = JSON.stringify(monitor.tick).length;
    for (const name of NAMES) told += JSON.stringify(monitor.panel(name, query)).length;
    if (second % 600 === 599) {
      globalThis.gc!();
      sizes.push(process.memoryUsage().heapUsed);
    }
  }
  const [, second, ...later] = sizes; // everything that is bounded is full by then
  for (const size of later) expect(size - second!).toBeLessThan(4_000_000);
  expect(told).toBeLessThan(200_000);
  expect(monitor.samples).toHaveLength(300);
  expect(monitor.tick.sample).toBe(3_600);
  const { total, rows }: Panels["failures"] = monitor.panel("failures", query);
  expect([total, rows.length]).toEqual([54_000, 100]);
});
