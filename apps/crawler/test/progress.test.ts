import { run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import type { FrontierCounts } from "../src/frontier.js";
import { Progress, type ProgressSource } from "../src/progress.js";
import { Statistics } from "../src/summary.js";
import { record } from "./record.js";

interface TestSource extends ProgressSource {
  readonly frontier: { readonly counts: FrontierCounts };
  readonly options: { maxPages: number; maxTime: number };
}

function source(): TestSource {
  const statistics = new Statistics();
  for (let i = 0; i < 3; i++) statistics.count(record({ bytes: 500 }));
  statistics.count(record({ error: "timeout" }));
  const counts = { pending: 7, leased: 2, peak: 5, done: 3, failed: 1, skipped: 0, hosts: 4 };
  return { statistics, frontier: { counts }, options: { maxPages: Infinity, maxTime: Infinity } };
}

class Target {
  text = "";
  readonly isTTY: boolean;
  readonly columns: number;

  constructor(isTTY: boolean, columns = 80) {
    this.isTTY = isTTY;
    this.columns = columns;
  }

  write(text: string): void {
    this.text += text;
  }
}

describe("Progress", () => {
  it("writes whole lines to a file", () => {
    const target = new Target(false);
    const progress = new Progress(source(), target);
    progress.draw();
    progress.clear();
    expect(target.text).toMatch(
      /^3 pages, \d+\/s, 2 in flight, 7 queued, 1 failed, 4 hosts, 1\.5 kB\n$/,
    );
  });

  it("says that the crawl is paused", () => {
    const { statistics, frontier, options } = source();
    const paused = { statistics, frontier: { ...frontier, paused: true }, options };
    const line = new Progress(paused, new Target(false)).line();
    expect(line).toMatch(/^3 pages, paused, 2 in flight, /);
  });

  it("redraws one line on a terminal, never wider than it", () => {
    for (const [columns, shown] of [
      [30, "3 pages, 0/s, 2 in flight"],
      [20, "3 pages, 0/s"],
      [5, "3 pa"],
      [0, "3 pages, 0/s, 2 in flight, 7 queued, 1 failed, 4 hosts, 1.5 kB"],
    ] as const) {
      const target = new Target(true, columns);
      const progress = new Progress(source(), target);
      progress.draw();
      progress.clear();
      expect(target.text).toBe(`\r\x1b[2K${shown}\r\x1b[2K`);
    }
  });

  it("writes whole lines to a terminal, too, when it is told to", () => {
    const target = new Target(true);
    new Progress(source(), target, false).draw();
    expect(target.text).toMatch(/^3 pages, .*\n$/);
  });

  it("draws now and then until it is killed", async () => {
    const target = new Target(true);
    const drawn = (): number => target.text.split("\r").length - 1;
    await run(() => {
      const progress = new Progress(source(), target);
      const started = performance.now();
      const drawing = spawn(() => progress.run());
      while (drawn() < 3) sleep(10);
      expect(performance.now() - started).toBeGreaterThanOrEqual(3 * 200 - 3);
      drawing.kill();
      const before = drawn();
      sleep(300);
      expect(drawn()).toBe(before);
    });
  });

  /** The line after so many ms in which so many URLs ended, and as many more are queued. */
  function after(
    ms: number,
    ended: number,
    queuedMore: number,
    limits: Partial<TestSource["options"]> = {},
  ): string {
    const it = source();
    Object.assign(it.options, limits);
    let now = 1_000;
    Object.defineProperty(it.statistics, "elapsed", { get: () => now });
    const progress = new Progress(it, new Target(false));
    now += ms;
    it.frontier.counts.done += ended;
    it.frontier.counts.pending += queuedMore;
    return progress.line();
  }

  it.each([
    // 7 queued and 2 in flight.
    ["3 s left", after(10_000, 30, 0)],
    ["2 min left", after(30_000, 3, 0)],
    ["≥ 17 min left", after(10_000, 10, 1_000)],
    // With a limit it is known how much more there will be.
    ["10 s left", after(10_000, 10, 1_000, { maxPages: 24 })],
    ["20 s left", after(10_000, 10, 1_000, { maxTime: 30_000 })],
    ["0 s left", after(10_000, 10, 1_000, { maxTime: 5_000 })],
  ])("says how much time is left: %s", (left, line) => {
    expect(line).toContain(`/s, ${left}, 2 in flight`);
  });

  it("says nothing of the time left while nothing is known", () => {
    expect(after(1_000, 10, 0)).not.toContain("left");
    expect(after(10_000, 0, 5)).not.toContain("left");
  });
});
