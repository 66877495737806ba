import { AsyncLocalStorage } from "node:async_hooks";
import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { LoopClock } from "../../src/time/clock.js";
import { type Alarm, getHub, run, sleep, Timer } from "../../src/index.js";
import { random } from "../support/random.js";
import { withUncaught } from "../support/uncaught.js";

const { clock } = getHub();

/** Node's own timers that keep the process alive. */
const nodeTimers = (): number =>
  process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;

const real = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("the loop's clock", () => {
  it("is what the hub has, and tells the real time", () => {
    expect(clock).toBeInstanceOf(LoopClock);
    const before = performance.now();
    expect(clock.now()).toBeGreaterThanOrEqual(before);
    expect(clock.now()).toBeLessThanOrEqual(performance.now());
  });

  it("fires in the order of the deadlines, and never before them", async () => {
    const next = random(3);
    const fired: { at: number; timer: Timer }[] = [];
    const timers: Timer[] = [];
    for (let i = 0; i < 300; i++) {
      const timer: Timer = new Timer(next(60) + 0.01, () =>
        fired.push({ at: performance.now(), timer }),
      );
      timers.push(timer);
    }
    while (fired.length < timers.length) await real(5);
    for (const { at, timer } of fired) expect(at).toBeGreaterThanOrEqual(timer.deadline);
    expect(fired.map(({ timer }) => timer)).toEqual(
      timers.toSorted((a, b) => a.deadline - b.deadline),
    );
    await real(5);
    expect(fired.length).toBe(timers.length);
  });

  it("has one timer of Node's for any number of its own, and none for those that were stopped", async () => {
    const before = nodeTimers();
    const all = Array.from({ length: 1000 }, (_, i) => new Timer(10_000 + i, () => {}));
    expect(clock.pending).toBe(1000);
    expect(nodeTimers()).toBeLessThanOrEqual(before + 1);
    for (const timer of all) timer.stop();
    expect(clock.pending).toBe(0);
    expect([...clock.timers()]).toEqual([]);
    expect(nodeTimers()).toBeLessThanOrEqual(before);
    // And it wakes up again for the next one, earlier or later than what was stopped.
    let fired = 0;
    new Timer(1, () => fired++);
    new Timer(3, () => fired++);
    while (fired < 2) await real(2);
  });

  it("keeps a process alive while a timer is pending, and no longer", () => {
    const code = `
      import { Timer } from "@greenlit/core";
      new Timer(3_000_000_000, () => {}).stop();
      const long = new Timer(60_000, () => console.log("too late"));
      new Timer(30, () => { console.log("fired"); long.stop(); });
    `;
    const printed = execFileSync(process.execPath, ["--input-type=module", "-e", code], {
      cwd: import.meta.dirname,
      encoding: "utf8",
      timeout: 100_000,
    });
    expect(printed).toBe("fired\n");
  });

  it("lets I/O and promises have their turn before those that become due meanwhile", async () => {
    let chained = 0;
    let immediates = 0;
    const busy = (): void => {
      const end = performance.now() + 2;
      while (performance.now() < end);
      if (++chained < 10) new Timer(1, busy);
    };
    const count = (): void => {
      immediates++;
      if (chained < 10) setImmediate(count);
    };
    new Timer(1, busy);
    setImmediate(count);
    while (chained < 10) await real(1);
    expect(immediates).toBeGreaterThanOrEqual(9);
  });

  it("goes on with the others when one throws", () =>
    withUncaught(async (uncaught) => {
      const error = new Error("from a timer");
      const order: number[] = [];
      new Timer(1, () => {
        throw error;
      });
      new Timer(1, () => order.push(1));
      new Timer(4, () => order.push(2));
      while (order.length < 2) await real(2);
      expect(uncaught).toEqual([error]);
      expect(order).toEqual([1, 2]);
    }));

  it("starts timers and stops others from within one that fires", async () => {
    const order: string[] = [];
    let doomed: Timer | null = null;
    new Timer(5, () => {
      order.push("first");
      doomed?.stop();
      new Timer(1, () => order.push("added"));
    });
    doomed = new Timer(5, () => order.push("stopped"));
    while (order.length < 2) await real(2);
    await real(10);
    expect(order).toEqual(["first", "added"]);
  });

  it("holds on to nobody's asynchronous context", async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen = await storage.run(
      "mine",
      () => new Promise((resolve) => new Timer(1, () => resolve(storage.getStore()))),
    );
    expect(seen).toBe(undefined);
  });
});

it("the hub's clock can be replaced, and is what greenlets wait with", async () => {
  const hub = getHub();
  const started: Alarm[] = [];
  hub.clock = {
    now: () => 5000,
    start(timer, ms) {
      timer.deadline = 5000 + ms;
      started.push(timer);
    },
    stop: () => {},
    timers: () => started,
    pending: 0,
  };
  try {
    const sleeper = run(() => (sleep(1000), "slept"));
    while (started.length === 0) await real(1);
    expect(started.map((timer) => timer.deadline)).toEqual([6000]);
    started[0]?.fn();
    expect(await sleeper).toBe("slept");
  } finally {
    hub.clock = clock;
  }
});
