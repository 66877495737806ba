import { expect, it } from "vitest";
import { checkTimeout, Timer } from "../src/timer.js";
import { turns } from "./support/green.js";

it("fires once, after its time", async () => {
  let fired = 0;
  const start = performance.now();
  await new Promise<void>((resolve) => {
    new Timer(10, () => {
      fired++;
      resolve();
    });
  });
  expect(performance.now() - start).toBeGreaterThanOrEqual(8.5);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(fired).toBe(1);
});

it("with 0 fires in the next turn of the loop, not at once", async () => {
  let fired = false;
  new Timer(0, () => (fired = true));
  await null;
  expect(fired).toBe(false);
  await turns(2);
  expect(fired).toBe(true);
});

it("can be stopped, twice, and after it has fired", async () => {
  let fired = 0;
  const timers = [0, 1, 5].map((ms) => new Timer(ms, () => fired++));
  for (const timer of timers) timer.stop();
  for (const timer of timers) timer.stop();
  await new Promise((resolve) => setTimeout(resolve, 15));
  expect(fired).toBe(0);
  const timer = new Timer(0, () => fired++);
  await turns(2);
  timer.stop();
  expect(fired).toBe(1);
});

it("with Infinity never fires and holds nothing", () => {
  const before = process.getActiveResourcesInfo().length;
  new Timer(Infinity, () => expect.fail("fired")).stop();
  expect(process.getActiveResourcesInfo().length).toBe(before);
});

it("waits for a long time in pieces that Node's timers can count", async () => {
  // 2 ** 31 - 1 ms is the longest piece; a clock 25 days long is what we cannot wait for, so look at the arms.
  const { setTimeout: original } = globalThis;
  const pieces: number[] = [];
  const calls: (() => void)[] = [];
  globalThis.setTimeout = ((fn: () => void, ms: number) => {
    pieces.push(ms);
    calls.push(fn);
    return original(() => {}, 0);
  }) as typeof setTimeout;
  let fired = 0;
  try {
    new Timer(2 ** 32 + 10, () => fired++);
    while (calls.length > 0 && fired === 0) calls.shift()?.();
  } finally {
    globalThis.setTimeout = original;
  }
  expect(pieces).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 12]);
  expect(fired).toBe(1);
});

it("checkTimeout lets nothing, null and durations pass, and nothing else", () => {
  for (const right of [undefined, null, 0, 0.5, 1e300, Infinity]) checkTimeout("timeout", right);
  for (const wrong of [
    -1,
    Number.NaN,
    -Infinity,
    "soon" as unknown as number,
    {} as unknown as number,
  ]) {
    expect(() => checkTimeout("timeout", wrong)).toThrow(RangeError);
  }
  expect(() => checkTimeout("delay", -5)).toThrow(
    "delay must be a number of milliseconds, 0 or more, not -5",
  );
});
