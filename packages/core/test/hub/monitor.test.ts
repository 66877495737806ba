import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { getHub, idle, sleep, spawn } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;) Math.sqrt(end);
}

/** Times for which something blocks: on a busy machine the monitor's thread may have no turn. */
const LONGER_AND_LONGER = [300, 600, 1200, 2400, 4800, 9600];

const LIMIT = 50;

it(
  "tells which greenlet keeps the hub from its work, once each time",
  green(() => {
    const told: string[] = [];
    const stop = getHub().monitor({ limit: LIMIT, onBlocked: (_ms, stack) => told.push(stack) });
    const toldOfGreedy = (ms: number): number => {
      told.length = 0;
      sleep(1);
      spawn(function greedy() {
        spin(ms);
      }).join();
      sleep(1);
      idle();
      const greedy = / {4}at spin .*\n {4}at greedy .*monitor\.test\.ts/;
      return told.filter((stack) => greedy.test(stack)).length;
    };
    try {
      let times = 0;
      for (const ms of LONGER_AND_LONGER) if ((times = toldOfGreedy(ms)) > 0) break;
      expect(times).toBe(1);
      // As long, but everybody has a turn. Where the machine stands still, that is told, too.
      const isLate = (fn: () => void): boolean => {
        const start = performance.now();
        fn();
        return performance.now() - start > 0.8 * LIMIT;
      };
      while (isLate(idle)); // what stood still before has been told
      told.length = 0;
      let late = 0;
      for (let i = 0; i < 150; i++) if (isLate(() => (spin(1), sleep(0)))) late++;
      sleep(1); // it goes on, and hears of it
      idle();
      expect(told.length, told.join("\n\n")).toBeLessThanOrEqual(late);
      expect(thrownBy(() => getHub().monitor())).toBeInstanceOf(Error);
    } finally {
      stop();
    }
    expect(thrownBy(() => getHub().monitor({ limit: 1 }))).toBeInstanceOf(RangeError);
  }),
);

it("watches from the start where GREENLIT_MONITOR_THREAD says so", () => {
  const core = new URL("../../dist/index.js", import.meta.url).href;
  const code = (ms: number): string => `
    import { run } from ${JSON.stringify(core)};
    function greedy() { for (const end = Date.now() + ${ms}; Date.now() < end;); }
    await run(() => {}); // opens the driver, which takes long on a busy machine
    await new Promise((resolve) => setTimeout(resolve, 200));
    await run(greedy);`;
  const run = (ms: number, env: Record<string, string>): string =>
    spawnSync(process.execPath, ["--input-type=module", "-e", code(ms)], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    }).stderr;
  const env = { GREENLIT_MONITOR_THREAD: "true", GREENLIT_MAX_BLOCKING_TIME: String(LIMIT) };
  const greedy =
    /greenlit: the event loop has been blocked for \d+ ms\n(?: {4}.*\n)*? {4}at greedy /;
  expect(LONGER_AND_LONGER.some((ms) => greedy.test(run(ms, env)))).toBe(true);
  expect(run(300, {})).toBe("");
});
