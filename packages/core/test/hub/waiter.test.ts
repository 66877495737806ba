import { stat } from "node:fs";
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from "vitest";
import { wakeTogether } from "../../src/blocking-call.js";
import {
  config,
  getCurrent,
  getHub,
  type Greenlet,
  sleep,
  spawn,
  Timeout,
  Waiter,
} from "../../src/index.js";
import { green, thrownBy, turns } from "@greenlit/testing";

/** The example of the documentation. */
function blockingStat(path: string): { isFile(): boolean } {
  const waiter = new Waiter<{ isFile(): boolean }>("stat");
  stat(path, (error, stats) => (error ? waiter.throw(error) : waiter.switch(stats)));
  return waiter.wait();
}

describe("a callback made a blocking call", () => {
  it(
    "returns the value or throws the error",
    green(() => {
      expect(blockingStat(import.meta.filename ?? new URL(import.meta.url).pathname).isFile()).toBe(
        true,
      );
      expect((thrownBy(() => blockingStat("/no/such/file")) as NodeJS.ErrnoException).code).toBe(
        "ENOENT",
      );
    }),
  );
});

describe("wakeTogether", () => {
  const { budget } = config;
  beforeAll(() => {
    config.budget = 60_000; // it ends a turn, and a machine that stands still uses it up
  });
  afterAll(() => {
    config.budget = budget;
  });

  /** Greenlets that wait, and what they have done by now. */
  function waiting(count: number): { waiters: Waiter[]; order: unknown[]; greenlets: Greenlet[] } {
    const [waiters, order]: [Waiter[], unknown[]] = [[], []];
    const greenlets = Array.from({ length: count }, (_, i) =>
      spawn(() => {
        const waiter = new Waiter("test");
        waiters.push(waiter);
        waiter.wait();
        order.push(i);
      }),
    );
    return { waiters, order, greenlets };
  }

  it("lets all that are woken run within the callback, in one turn", async () => {
    const { waiters, order, greenlets } = waiting(3);
    await turns(2);
    expect(waiters).toHaveLength(3);
    await new Promise<void>((resolve) =>
      setTimeout(() => {
        wakeTogether(() => {
          for (const waiter of waiters) waiter.wake();
          order.push("woken");
        });
        order.push("over");
        resolve();
      }),
    );
    expect(order).toEqual(["woken", 0, 1, 2, "over"]);
    expect(greenlets.every(({ ready }) => ready)).toBe(true);
  });

  it("does so also when the callback fails", async () => {
    const { waiters, order } = waiting(2);
    await turns(2);
    const fail = (): void => {
      for (const waiter of waiters) waiter.wake();
      throw new Error("failed");
    };
    expect(() => wakeTogether(fail)).toThrow("failed");
    expect(order).toEqual([0, 1]);
  });

  it(
    "only wakes them in a greenlet",
    green(() => {
      const { waiters, order, greenlets } = waiting(2);
      sleep(0);
      wakeTogether(() => {
        for (const waiter of waiters) waiter.wake();
      });
      expect(order).toEqual([]);
      for (const greenlet of greenlets) greenlet.join();
      expect(order).toEqual([0, 1]);
    }),
  );
});

describe("settling", () => {
  it(
    "before the wait: wait returns or throws at once, without a switch",
    green(() => {
      let others = 0;
      const other = spawn(() => others++);
      const woken = new Waiter<number>("test");
      expectTypeOf(woken.wait).returns.toEqualTypeOf<number>();
      expect(woken.settled).toBe(false);
      woken.wake(1);
      expect([woken.settled, woken.wait(), woken.wait()]).toEqual([true, 1, 1]);
      const failed = new Waiter("test");
      failed.fail("no");
      expect(thrownBy(() => failed.wait())).toBe("no");
      const switched = new Waiter<number>("test");
      switched.switch(2);
      expect(switched.wait()).toBe(2);
      expect(others).toBe(0);
      other.join();
    }),
  );

  it(
    "counts once: whatever comes later does nothing",
    green(() => {
      for (const first of ["wake", "switch"] as const) {
        const waiter = new Waiter<number>("test");
        const g = spawn(() => {
          sleep(0);
          waiter[first](1);
          waiter.wake(2);
          waiter.switch(3);
          waiter.fail("no");
          waiter.throw("no");
        });
        expect(waiter.wait()).toBe(1);
        g.join();
        expect(waiter.wait()).toBe(1);
      }
    }),
  );

  it(
    "late, after a timeout or a kill, does nothing",
    green(() => {
      const late = new Waiter<number>("test");
      expect(thrownBy(() => late.wait({ timeout: 1 }))).toBeInstanceOf(Timeout);
      expect(late.settled).toBe(true);
      late.wake(1);
      late.switch(1);
      sleep(1);
      let killed!: Waiter<number>;
      const g = spawn(() => {
        killed = new Waiter<number>("test");
        killed.wait();
      });
      sleep(0);
      g.kill();
      expect(killed.settled).toBe(true);
      killed.switch(1);
      sleep(0);
    }),
  );

  it("from any kind of callback, and twice in one callback for two greenlets", async () => {
    const waiters: Waiter<string>[] = [];
    const all = ["setTimeout", "setImmediate", "nextTick", "microtask", "promise"].map((name) =>
      spawn(() => {
        const waiter = new Waiter<string>(name);
        waiters.push(waiter);
        const settle = (): void => waiter.switch(name);
        if (name === "setTimeout") setTimeout(settle, 1);
        if (name === "setImmediate") setImmediate(settle);
        if (name === "nextTick") process.nextTick(settle);
        if (name === "microtask") queueMicrotask(settle);
        if (name === "promise") void Promise.resolve().then(settle);
        return [waiter.wait(), getCurrent()?.dead];
      }),
    );
    expect((await Promise.all(all)).map(([name]) => name)).toEqual([
      "setTimeout",
      "setImmediate",
      "nextTick",
      "microtask",
      "promise",
    ]);
    const order: number[] = [];
    const two: Waiter[] = [];
    const both = [0, 1].map((i) =>
      spawn(() => {
        const waiter = (two[i] = new Waiter("test"));
        waiter.wait();
        order.push(i);
      }),
    );
    await turns(2);
    for (const waiter of two.toReversed()) waiter.switch();
    expect(order).toEqual([1, 0]);
    await Promise.all(both);
  });

  it("a greenlet that runs from a microtask may block there, and promises go on meanwhile", async () => {
    const order: string[] = [];
    let waiter!: Waiter;
    const g = spawn(() => {
      waiter = new Waiter("test");
      waiter.wait();
      order.push("in the microtask");
      sleep(2);
      order.push("after the sleep");
    });
    await turns(2);
    await Promise.resolve().then(() => waiter.switch());
    order.push("microtasks go on");
    for (let i = 0; i < 100; i++) await null;
    order.push("many of them");
    await g;
    expect(order).toEqual([
      "in the microtask",
      "microtasks go on",
      "many of them",
      "after the sleep",
    ]);
  });
});

describe("waiting", () => {
  it(
    "tryWait answers false for its own timeout, and only for that",
    green(() => {
      expect(new Waiter("test").tryWait({ timeout: 1 })).toBe(false);
      const woken = new Waiter("test");
      setTimeout(() => woken.switch(), 1);
      expect(woken.tryWait({ timeout: 60_000 })).toBe(true);
      using outer = new Timeout(1);
      expect(thrownBy(() => new Waiter("test").tryWait({ timeout: 1000 }))).toBe(outer);
    }),
  );

  it(
    "says what it was that timed out",
    green(() => {
      expect((thrownBy(() => new Waiter("my.call").wait({ timeout: 2 })) as Timeout).message).toBe(
        "my.call timed out after 2 ms",
      );
    }),
  );

  it(
    "an abort after the value is no abort",
    green(() => {
      const controller = new AbortController();
      const waiter = new Waiter<number>("test");
      setImmediate(() => {
        waiter.wake(1);
        controller.abort("late");
      });
      expect(waiter.wait({ signal: controller.signal })).toBe(1);
    }),
  );

  it(
    "the hub can take the stack of a parked greenlet, which stays parked",
    green(() => {
      function whereIWait(): string {
        return (parked = new Waiter<string>("test")).wait();
      }
      let parked!: Waiter<string>;
      const g = spawn(whereIWait);
      sleep(0);
      const waiter = new Waiter<string>("stack");
      setImmediate(() => {
        waiter.switch(getHub().stackOf(g as never) + getHub().stackOf(g as never));
      });
      expect(waiter.wait().split("whereIWait").length).toBe(3);
      expect(g.dead).toBe(false);
      parked.wake("woken");
      expect(g.get()).toBe("woken");
    }),
  );
});
