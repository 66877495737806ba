import { spawn as spawnProcess } from "node:child_process";
import { scrypt } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import {
  BlockingSwitchOutError,
  dump,
  Event,
  getHub,
  joinAll,
  LoopExit,
  Queue,
  run,
  select,
  after,
  sleep,
  spawn,
  spawnLater,
  Timeout,
  Timer,
  wait,
  Waiter,
  withTimeout,
} from "@greenlit/core";
import { describe, expect, it } from "vitest";
import { fakeClock, green, thrownBy, turns, withFakeClock } from "../src/index.js";

const HOUR = 3_600_000;
const hub = getHub();

describe("time", () => {
  it(
    "moves on by exactly what is slept, and takes none",
    green(() => {
      const start = performance.now();
      const date = Date.now();
      withFakeClock((clock) => {
        const before = clock.now();
        sleep(HOUR);
        expect(clock.now() - before).toBe(HOUR);
        sleep(0.5);
        expect(clock.now() - before).toBe(HOUR + 0.5);
        for (let i = 0; i < 100; i++) sleep(24 * HOUR);
      });
      expect(performance.now() - start).toBeLessThan(20_000);
      expect(Date.now() - date).toBeLessThan(20_000);
    }),
  );

  it(
    "lets everybody wake at their time, in order, first come first served among equals",
    green(() => {
      using clock = fakeClock();
      const start = clock.now();
      const order: string[] = [];
      joinAll(
        [300, 100, 200, 100, 300].map((ms, i) =>
          spawn(() => {
            sleep(ms);
            order.push(`${i} at ${clock.now() - start}`);
          }),
        ),
      );
      expect(order).toEqual(["1 at 100", "3 at 100", "2 at 200", "0 at 300", "4 at 300"]);
    }),
  );

  it(
    "stands still while a greenlet has anything to do",
    green(() => {
      using clock = fakeClock();
      const start = clock.now();
      const busy = spawn(() => {
        for (let i = 0; i < 5000; i++) sleep(0);
        return clock.now();
      });
      sleep(10);
      expect(busy.dead).toBe(true);
      expect(busy.get()).toBe(start);
    }),
  );

  it(
    "is what timeouts, deadlines, delays, select and dumps count in",
    green(() => {
      using clock = fakeClock();
      const start = clock.now();
      const event = new Event();
      expect(event.wait({ timeout: HOUR })).toBe(false);
      expect(withTimeout<unknown>(2 * HOUR, () => sleep(Infinity), "too late")).toBe("too late");
      expect(clock.now() - start).toBe(3 * HOUR);
      const { index } = select([event, after(HOUR)]);
      expect(index).toBe(1);
      expect(clock.now() - start).toBe(4 * HOUR);
      const late = spawnLater(HOUR, () => clock.now() - start);
      expect(late.get()).toBe(5 * HOUR);
      const waiting = spawn(() => event.wait());
      sleep(HOUR);
      const [dumped] = dump().flatMap(({ children }) => children);
      expect(dumped).toMatchObject({ waitsFor: "Event.wait", waited: HOUR, age: HOUR });
      event.set();
      waiting.join();
      expect(thrownBy(() => new Waiter("test").wait({ timeout: 5 }))).toBeInstanceOf(Timeout);
    }),
  );

  it(
    "forgets timers that are stopped, also among equals",
    green(() => {
      using clock = fakeClock();
      const fired: number[] = [];
      const timers = [5, 5, 5, 6].map((ms, i) => new Timer(ms, () => fired.push(i)));
      expect(clock.pending).toBe(4);
      timers[1]?.stop();
      timers[1]?.stop();
      expect([...clock.timers()]).toEqual([timers[0], timers[2], timers[3]]);
      sleep(5);
      expect(fired).toEqual([0, 2]);
      timers[3]?.stop();
      expect(clock.pending).toBe(0);
    }),
  );
});

describe("real work is waited for before time moves", () => {
  const slowly = <T>(work: () => Promise<T>): [T, number] => {
    using clock = fakeClock();
    const start = clock.now();
    let moved = -1;
    const other = spawn(() => sleep(1000));
    const value = wait(work()) as T;
    moved = clock.now() - start;
    other.join();
    expect(clock.now() - start).toBe(1000);
    return [value, moved];
  };

  const folder = mkdtempSync(join(tmpdir(), "greenlit-testing-"));
  writeFileSync(join(folder, "file"), "content");

  it(
    "files",
    green(() => {
      expect(slowly(() => readFile(join(folder, "file"), "utf8"))).toEqual(["content", 0]);
      rmSync(folder, { recursive: true });
    }),
  );

  it(
    "the pool of threads: scrypt, gzip",
    green(() => {
      // Some 100 ms, longer than any silence.
      const hash = (): Promise<unknown> =>
        promisify<string, string, number, object, Buffer>(scrypt)("x", "y", 16, {
          N: 2 ** 16,
          maxmem: 2 ** 28,
        });
      expect(slowly(hash)[1]).toBe(0);
      const zip = (): Promise<Buffer> => promisify(gzip)(Buffer.alloc(20_000_000, "abcdefgh"));
      expect(slowly(zip)[1]).toBe(0);
    }),
  );

  it(
    "timers of Node's",
    green(() => {
      const timer = (): Promise<string> =>
        new Promise((resolve) => setTimeout(() => resolve("fired"), 60));
      expect(slowly(timer)).toEqual(["fired", 0]);
      const immediates = (): Promise<void> => turns(20);
      expect(slowly(immediates)[1]).toBe(0);
    }),
  );

  it(
    "sockets, and one that stays silent does not hold it",
    green(() => {
      const echo = async (): Promise<string> => {
        const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
        await new Promise((resolve) => server.once("listening", resolve));
        const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
        socket.write("hello");
        const text = await new Promise<string>((resolve) =>
          socket.once("data", (data) => resolve(String(data))),
        );
        await new Promise<void>((resolve) => socket.end(resolve));
        await new Promise((resolve) => server.close(resolve));
        return text;
      };
      expect(slowly(echo)).toEqual(["hello", 0]);

      using clock = fakeClock();
      const server = createServer().listen(0, "127.0.0.1");
      const before = clock.now();
      sleep(HOUR);
      expect(clock.now() - before).toBe(HOUR);
      server.close();
    }),
  );

  it(
    "a child, though the thread stands still for longer than any silence",
    green(() => {
      using _clock = fakeClock({ silence: 10_000 });
      const waiter = new Waiter("test");
      spawnProcess("sleep", ["0.2"]).on("close", () => waiter.switch());
      const { now } = performance;
      let looks = 0;
      performance.now = () => now.call(performance) + (++looks > 10 ? 20_000 : 0); // as if it had
      try {
        expect(waiter.tryWait({ timeout: HOUR })).toBe(true);
      } finally {
        performance.now = now;
      }
    }),
  );

  it(
    "a greenlet that sleeps by the clock that was there before",
    green(() => {
      const older = spawn(() => {
        sleep(50);
        return hub.clock.now();
      });
      sleep(0);
      using clock = fakeClock();
      const start = clock.now();
      sleep(HOUR);
      expect(older.get()).toBe(start);
    }),
  );
});

describe("advance", () => {
  it(
    "is all that moves a clock which does not move by itself",
    green(() => {
      using clock = fakeClock({ auto: false });
      const start = clock.now();
      const ticks: number[] = [];
      const ticker = spawn(() => {
        for (;;) {
          sleep(100);
          ticks.push(clock.now() - start);
        }
      });
      for (let i = 0; i < 100; i++) sleep(0);
      wait(turns(20));
      expect([clock.now() - start, ticks]).toEqual([0, []]);
      clock.advance(350);
      expect([clock.now() - start, ticks]).toEqual([350, [100, 200, 300]]);
      clock.advance(0);
      expect(clock.now() - start).toBe(350);
      clock.advance(50);
      expect([clock.now() - start, ticks]).toEqual([400, [100, 200, 300, 400]]);
      ticker.kill();
    }),
  );

  it(
    "comes back when all that is due has happened, and what follows from it",
    green(() => {
      using clock = fakeClock();
      const queue = new Queue<string>();
      const seen: string[] = [];
      const consumer = spawn(() => {
        for (const item of queue) seen.push(item);
      });
      const producer = spawn(() => {
        sleep(10);
        queue.put("at 10");
        sleep(10);
        queue.put("at 20");
        sleep(1);
        queue.put("too late");
        queue.shutdown();
      });
      clock.advance(20);
      expect(seen).toEqual(["at 10", "at 20"]);
      joinAll([consumer, producer]);
    }),
  );

  it(
    "by two greenlets at a time ends for each at its time, and can be interrupted",
    green(() => {
      using clock = fakeClock({ auto: false });
      const start = clock.now();
      const advance = (ms: number) =>
        spawn(() => {
          clock.advance(ms);
          return clock.now() - start;
        });
      const [long, short, killed] = [advance(50), advance(20), advance(30)];
      sleep(0);
      killed.kill();
      expect([long.get(), short.get()]).toEqual([50, 20]);
      expect(clock.now() - start).toBe(50);
    }),
  );

  it("refuses what is no time, and to run on the hub", async () => {
    using clock = fakeClock();
    for (const wrong of [-1, Number.NaN, Infinity]) {
      expect(() => clock.advance(wrong)).toThrow(RangeError);
    }
    expect(() => clock.advance(1)).toThrow(BlockingSwitchOutError);
  });
});

describe("a deadlock", () => {
  it("is thrown into the greenlet of run, with its list", async () => {
    const error = (await run(() =>
      withFakeClock(() => {
        sleep(HOUR);
        const event = new Event();
        const other = spawn(function consumer() {
          new Queue().get();
        });
        try {
          event.wait();
        } finally {
          other.kill();
        }
      }),
    ).catch((error: unknown) => error)) as LoopExit;
    expect(error).toBeInstanceOf(LoopExit);
    expect(error.message).toMatch(/has waited 0\.0 s in Event\.wait/);
    expect(error.message).toMatch(/consumer-\d+ has waited 0\.0 s in Queue\.get/);
  });

  it(
    "is none while anything may still come",
    green(() => {
      using _clock = fakeClock();
      const event = new Event();
      setTimeout(() => event.set(), 80);
      expect(event.wait()).toBe(true);
      const server = createServer().listen(0, "127.0.0.1");
      const connected = new Event();
      server.on("connection", (socket) => {
        socket.destroy();
        connected.set();
      });
      wait(new Promise((resolve) => server.once("listening", resolve)));
      // From where the clock does not see it: only the server is open.
      const { port } = server.address() as AddressInfo;
      const child = wait(import("node:child_process")).spawn(
        process.execPath,
        ["-e", `require("net").connect(${port}, "127.0.0.1").on("close", () => {}).resume()`],
        { stdio: "ignore" },
      );
      child.unref();
      expect(connected.wait()).toBe(true);
      server.close();
    }),
  );
});

describe("installing", () => {
  it("withFakeClock puts the old clock back, whatever happens", async () => {
    const { clock } = hub;
    const error = new Error("x");
    expect(withFakeClock(() => hub.clock)).not.toBe(clock);
    expect(hub.clock).toBe(clock);
    expect(
      thrownBy(() =>
        withFakeClock(() => {
          throw error;
        }),
      ),
    ).toBe(error);
    expect(hub.clock).toBe(clock);
    const inside = withFakeClock(async () => {
      await turns(3);
      return hub.clock;
    });
    expect(hub.clock).not.toBe(clock);
    expect(await inside).not.toBe(clock);
    expect(hub.clock).toBe(clock);
    await expect(withFakeClock(() => Promise.reject(error))).rejects.toBe(error);
    expect(hub.clock).toBe(clock);
  });

  it("works around asynchronous code, and greenlets it starts", () =>
    withFakeClock(async (clock) => {
      const start = clock.now();
      await run(() => sleep(HOUR));
      await Promise.all([run(() => sleep(HOUR)), run(() => sleep(2 * HOUR))]);
      expect(clock.now() - start).toBe(3 * HOUR);
    }));

  it(
    "hands over the timers that are left to the clock that is put back",
    green(() => {
      const clock = fakeClock();
      const stopped = new Timer(5, () => expect.fail("fired"));
      const sleeper = spawn(() => sleep(100));
      sleep(95 / 100);
      clock.uninstall();
      clock.uninstall();
      stopped.stop();
      expect(hub.clock).not.toBe(clock);
      expect(hub.clock.pending).toBe(1);
      expect(sleeper.dead).toBe(false);
      sleeper.join();
      expect([clock.pending, hub.clock.pending]).toEqual([0, 0]);
    }),
  );

  it(
    "nests",
    green(() => {
      using outer = fakeClock();
      const start = outer.now();
      withFakeClock((inner) => {
        sleep(HOUR);
        expect(inner.now() - start).toBe(HOUR);
        expect(outer.now()).toBe(start);
      });
      sleep(1);
      expect(outer.now() - start).toBe(1);
    }),
  );
});
