import { expect, it } from "vitest";
import { getHub } from "../../src/index.js";
import { deadline, timeLeft, Timer } from "../../src/hub/timer.js";
import { turns } from "@greenlit/testing";

it("fires once, after its time", async () => {
  let fired = 0;
  const start = performance.now();
  await new Promise<void>((resolve) => {
    new Timer(10, () => {
      fired++;
      resolve();
    });
  });
  expect(performance.now() - start).toBeGreaterThanOrEqual(10);
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
  const { pending } = getHub().clock;
  new Timer(Infinity, () => expect.fail("fired"));
  expect(getHub().clock.pending).toBe(pending);
});

it("waits for a long time in pieces that Node's timers can count", async () => {
  // 25 days is what we cannot wait for, so look at what Node is asked for.
  const asked = (): number =>
    (Reflect.get(getHub().clock, "timeout") as { _idleTimeout: number })._idleTimeout;
  const pieces: number[] = [];
  const timers: Timer[] = [];
  try {
    for (const ms of [1e300, 1e15, 2 ** 32]) {
      timers.push(new Timer(ms, () => expect.fail("fired")));
      pieces.push(asked());
    }
    await new Promise((resolve) => setTimeout(resolve, 15));
  } finally {
    for (const timer of timers) timer.stop();
  }
  expect(pieces).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 2 ** 31 - 1]);
});

it("deadline and timeLeft count by the hub's clock", () => {
  const now = getHub().clock.now();
  expect(deadline(null)).toBe(Infinity);
  expect(timeLeft(Infinity)).toBe(null);
  expect(timeLeft(now - 5)).toBe(0);
  const end = deadline(60_000);
  expect(end).toBeGreaterThanOrEqual(now + 60_000);
  expect(timeLeft(end)).toBeGreaterThan(50_000);
  expect(timeLeft(end)).toBeLessThanOrEqual(60_000);
});
