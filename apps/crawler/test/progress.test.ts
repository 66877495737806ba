import { run, sleep, spawn } from "greenlit";
import { describe, expect, it } from "vitest";
import { Progress, type ProgressSource } from "../src/progress.js";
import { Statistics } from "../src/summary.js";
import { record } from "./record.js";

function source(): ProgressSource {
  const statistics = new Statistics();
  for (let i = 0; i < 3; i++) statistics.count(record({ bytes: 500 }));
  statistics.count(record({ error: "timeout" }));
  const counts = { pending: 7, leased: 2, peak: 5, done: 3, failed: 1, skipped: 0, hosts: 4 };
  return { statistics, frontier: { counts } };
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

  it("redraws one line on a terminal, never wider than it", () => {
    const target = new Target(true, 20);
    const progress = new Progress(source(), target);
    progress.draw();
    progress.clear();
    const [line, rest] = target.text.split("\r\x1b[2K").slice(1);
    expect(line).toHaveLength(19);
    expect(rest).toBe("");
    expect(target.text).not.toContain("\n");
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
});
