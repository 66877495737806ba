import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { getHub, idle, sleep, spawn } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

function spin(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end;) Math.sqrt(end);
}

it(
  "tells which greenlet keeps the hub from its work, once each time",
  // Where the machine itself stands still for long, that is told, too.
  { retry: 3 },
  green(() => {
    const told: string[] = [];
    const stop = getHub().monitor({ limit: 50, onBlocked: (_ms, stack) => told.push(stack) });
    try {
      sleep(1);
      spawn(function greedy() {
        spin(300);
      }).join();
      sleep(1);
      idle();
      expect(told).toHaveLength(1);
      expect(told[0]).toMatch(/ {4}at spin .*\n {4}at greedy .*monitor\.test\.ts/);
      // As long, but everybody has a turn.
      for (let i = 0; i < 150; i++) {
        spin(1);
        sleep(0);
      }
      expect(told.slice(1)).toEqual([]);
      expect(thrownBy(() => getHub().monitor())).toBeInstanceOf(Error);
    } finally {
      stop();
    }
    expect(thrownBy(() => getHub().monitor({ limit: 1 }))).toBeInstanceOf(RangeError);
  }),
);

it("watches from the start where GREENLIT_MONITOR_THREAD says so", () => {
  const core = new URL("../../dist/index.js", import.meta.url).href;
  const code = `
    import { run } from ${JSON.stringify(core)};
    function greedy() { for (const end = Date.now() + 400; Date.now() < end;); }
    await run(() => {}); // opens the driver, which takes long on a busy machine
    await new Promise((resolve) => setTimeout(resolve, 200));
    await run(greedy);`;
  const run = (env: Record<string, string>): string =>
    spawnSync(process.execPath, ["--input-type=module", "-e", code], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    }).stderr;
  const watched = run({ GREENLIT_MONITOR_THREAD: "true", GREENLIT_MAX_BLOCKING_TIME: "50" });
  expect(watched).toMatch(
    /greenlit: the event loop has been blocked for \d+ ms\n(?: {4}.*\n)*? {4}at greedy /,
  );
  expect(run({})).toBe("");
});
