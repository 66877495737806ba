import { root } from "@greenlit/switcher";
import { describe, expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  getCurrent,
  Greenlet,
  GreenletExit,
  run,
  sleep,
  spawn,
  spawnLater,
  spawnRaw,
  wait,
} from "../../src/index.js";
import { spawnWithoutSite } from "../../src/blocking-call.js";
import { green, thrownBy, turns } from "@greenlit/testing";

it("spawn gives a Greenlet and returns at once", async () => {
  let ran = false;
  const g = spawn(() => (ran = true));
  expect(g).toBeInstanceOf(Greenlet);
  expect(ran).toBe(false);
  await g;
  expect(ran).toBe(true);
});

it("run starts nothing before the loop turns, and gives a real promise", async () => {
  let ran = false;
  const promise = run(() => (ran = true));
  expect(promise).toBeInstanceOf(Promise);
  await null;
  expect(ran).toBe(false);
  expect(await promise).toBe(true);
});

it(
  "run may be called in a greenlet, too",
  green(() => {
    const promise = run(() => {
      sleep(1);
      return 5;
    });
    expect(wait(promise)).toBe(5);
  }),
);

it("a rejection of run that nobody handles is an unhandled rejection", async () => {
  const listeners = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection");
  const seen: unknown[] = [];
  process.on("unhandledRejection", (reason) => seen.push(reason));
  const error = new Error("x");
  void run(() => {
    throw error;
  });
  await turns(4);
  process.removeAllListeners("unhandledRejection");
  for (const listener of listeners) process.on("unhandledRejection", listener);
  expect(seen).toEqual([error]);
});

it("getCurrent is the greenlet that asks", async () => {
  expect(getCurrent()).toBe(null);
  const [a, b] = [spawn(() => getCurrent()?.id), spawn(() => getCurrent()?.id)];
  expect([await a, await b]).toEqual([a.id, b.id]);
});

it("switching works inside callbacks of built-ins, generators, getters and constructors", async () => {
  const seen = await run(() => {
    const out: unknown[] = [];
    out.push([3, 1, 2].sort((x, y) => (sleep(0), x - y)));
    out.push([1, 2].map((x) => (sleep(0), x * 2)));
    out.push("a-b".replace(/-/g, () => (sleep(0), "+")));
    out.push(JSON.parse('{"a":[1]}', (_key, value: unknown) => (sleep(0), value)));
    out.push(JSON.stringify({ toJSON: () => (sleep(0), 7) }));
    function* numbers(): Iterable<number> {
      for (let i = 0; i < 3; i++) {
        sleep(0);
        yield i;
      }
    }
    out.push([...numbers()]);
    class Slow {
      readonly made: boolean;
      constructor() {
        sleep(0);
        this.made = true;
      }
      get late(): number {
        sleep(0);
        return 8;
      }
    }
    out.push([new Slow().made, new Slow().late]);
    return out;
  });
  expect(seen).toEqual([[1, 2, 3], [2, 4], "a+b", { a: [1] }, "7", [0, 1, 2], [true, 8]]);
});

describe("spawnLater", () => {
  it(
    "queues after so many milliseconds, and never when it is killed before",
    green(() => {
      const start = performance.now();
      const later = spawnLater(10, (a: number, b: number) => a + b, 1, 2);
      const killed = spawnLater(5, () => expect.fail("ran"));
      expect([later.started, later.ready]).toEqual([false, false]);
      killed.kill();
      expect(killed.successful).toBe(true);
      expect(later.get()).toBe(3);
      expect(performance.now() - start).toBeGreaterThan(8);
      expect(() => spawnLater(-1, () => {})).toThrow(RangeError);
    }),
  );
});

describe("spawnRaw", () => {
  it("runs on a stack of its own and switches by hand", async () => {
    const log: unknown[] = [];
    const raw = spawnRaw((x: number) => {
      log.push(x);
      log.push(thrownBy(() => sleep(1)) instanceof BlockingSwitchOutError);
      log.push(root().switch());
    }, 7);
    await turns(2);
    expect(log).toEqual([7, true]);
    raw.switch("back");
    expect([log.at(-1), raw.dead]).toEqual(["back", true]);
  });
});

describe("signal", () => {
  it(
    "aborts with the error when the greenlet is killed",
    green(() => {
      const g = spawn(() => sleep(10_000));
      sleep(0);
      const { signal } = g;
      expect(signal.aborted).toBe(false);
      const reason = new GreenletExit("enough");
      g.kill(reason);
      expect([signal.aborted, signal.reason, g.signal === signal]).toEqual([true, reason, true]);
      const early = spawn(() => {});
      early.kill();
      expect(spawn(() => 1).signal.aborted).toBe(false);
    }),
  );
});

describe("spawnWithoutSite", () => {
  it(
    "remembers no site, and tells of every end",
    green(() => {
      const ends: string[] = [];
      const begin = (name: string, fn: () => unknown): Greenlet =>
        spawnWithoutSite(() => ends.push(name), fn);
      const value = begin("value", () => 7);
      const error = begin("error", () => {
        throw new Error("boom");
      });
      const killed = begin("killed", () => sleep(10_000));
      const early = begin("early", () => ends.push("it ran"));
      early.kill();
      expect(value.spawnSite).toBe("");
      expect(spawn(() => {}).spawnSite).not.toBe("");
      expect(() => error.get()).toThrow("boom");
      expect(value.get()).toBe(7);
      killed.kill();
      expect(ends).toEqual(["early", "value", "error", "killed"]);
    }),
  );
});
