// Wherever a function's result becomes a greenlet's, a promise stands for its value.
import { runInNewContext } from "node:vm";
import { describe, expect, expectTypeOf, it } from "vitest";
import {
  Condition,
  dump,
  type Greenlet,
  GreenletExit,
  Group,
  joinAll,
  Pool,
  run,
  scope,
  shield,
  sleep,
  spawn,
  spawnLater,
  Timeout,
  wait,
  withTimeout,
} from "../../src/index.js";
import { green, reports, thrownBy } from "@greenlit/testing";

const later = (ms = 1): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const boom = new Error("boom");

async function double(n: number): Promise<number> {
  await later();
  return 2 * n;
}

async function fail(): Promise<never> {
  await later();
  throw boom;
}

/** All that start a greenlet with a function. */
const STARTERS: Record<string, <T>(fn: () => T | Promise<T>) => T> = {
  spawn: (fn) => spawn(fn).get(),
  spawnLater: (fn) => spawnLater(1, fn).get(),
  run: (fn) => wait(run(fn)) as never,
  "Group.spawn": (fn) => new Group().spawn(fn).get(),
  "Pool.spawn": (fn) => new Pool(1).spawn(fn).get(),
  "Pool.apply": (fn) => new Pool(1).apply(fn),
  "Pool.map": (fn) => new Pool(1).map(fn, [1])[0] as never,
  "Pool.imap": (fn) => [...new Pool(1).imap(fn, [1])][0] as never,
  "Group.imapUnordered": (fn) => [...new Group().imapUnordered(fn, [1])][0] as never,
  "Scope.spawn": (fn) => scope((s) => s.spawn(fn as () => unknown).get()) as never,
  scope: (fn) => scope(fn),
  withTimeout: (fn) => withTimeout(60_000, fn),
  shield: (fn) => shield(fn),
};

describe.each(Object.entries(STARTERS))("%s", (_, start) => {
  it(
    "gives the value of a promise",
    green(() => {
      expect(start(() => double(2))).toBe(4);
      expect(start(() => Promise.resolve("at once"))).toBe("at once");
      expect(start(async () => undefined)).toBe(undefined);
      expect(start(() => runInNewContext("Promise.resolve('foreign')") as Promise<string>)).toBe(
        "foreign",
      );
      expect(start(() => new (class Sub<T> extends Promise<T> {})((yes) => yes("sub")))).toBe(
        "sub",
      );
    }),
  );

  it("throws the error of one, and nothing is unhandled", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): void => void unhandled.push(reason);
    process.on("unhandledRejection", listener);
    try {
      const seen = await reports(
        green(() => {
          expect(thrownBy(() => start(fail))).toBe(boom);
          expect(thrownBy(() => start(() => Promise.reject(boom)))).toBe(boom);
          sleep(5);
        }),
      );
      expect([seen, unhandled]).toEqual([[], []]);
    } finally {
      process.off("unhandledRejection", listener);
    }
  });
});

it(
  "the greenlet ends when the promise does, not before",
  green(() => {
    const done: number[] = [];
    let goOn!: () => void;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const greenlets = [1, 2].map((n) =>
      spawn(async () => {
        await gate;
        done.push(n);
        return n;
      }),
    );
    expectTypeOf(greenlets).toEqualTypeOf<Greenlet<number>[]>();
    sleep(0);
    expect(greenlets.map(({ ready }) => ready)).toEqual([false, false]);
    goOn();
    joinAll(greenlets);
    expect(done).toEqual([1, 2]);
    expect(greenlets.map(({ value, successful }) => [value, successful])).toEqual([
      [1, true],
      [2, true],
    ]);
  }),
);

it("a rejection is the greenlet's failure, reported as such if nobody asks", async () => {
  let g: Greenlet<never> | null = null;
  const seen = await reports(async () => {
    await run(() => {
      g = spawn(fail);
      g.name = "async";
      while (!g.dead) sleep(1);
    });
  });
  expect(seen).toEqual([["async", boom]]);
  expect([g!.successful, g!.exception]).toEqual([false, boom]);
});

it(
  "a pool's place is taken until the promise is settled",
  green(() => {
    const pool = new Pool(2);
    let [running, most] = [0, 0];
    const work = async (n: number): Promise<number> => {
      most = Math.max(most, ++running);
      await later();
      running--;
      return n;
    };
    expect(pool.map(work, [1, 2, 3, 4, 5])).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  }),
);

it(
  "it can be killed, and be late; the promise goes on",
  green(() => {
    let went = false;
    let goOn!: () => void;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    const slow = async (): Promise<string> => {
      await gate;
      went = true;
      return "slow";
    };
    const g = spawn(slow);
    sleep(0);
    g.kill();
    expect(g.value).toBeInstanceOf(GreenletExit);
    expect(withTimeout(1, () => new Promise(() => {}), "late")).toBe("late");
    expect(thrownBy(() => withTimeout(1, () => new Promise(() => {})))).toBeInstanceOf(Timeout);
    expect(thrownBy(() => scope(() => new Promise(() => {}), { timeout: 1 }))).toBeInstanceOf(
      Timeout,
    );
    goOn();
    while (!went) sleep(1);
  }),
);

it(
  "a dump says what it waits for",
  green(() => {
    const g = spawn(() => new Promise(() => {}));
    sleep(0);
    const [me] = dump();
    expect(me?.children[0]?.waitsFor).toBe("the promise that its function returned");
    g.kill();
  }),
);

it(
  "a scope waits for its async body before it waits for what that has spawned",
  green(() => {
    const order: string[] = [];
    scope(async (s) => {
      await later();
      s.spawn(() => {
        sleep(1);
        order.push("child");
      });
      order.push("body");
    });
    expect(order).toEqual(["body", "child"]);
  }),
);

it(
  "what else can be awaited is a value: a query is not run, a greenlet not joined",
  green(() => {
    let runs = 0;
    // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
    const query = { then: () => void runs++, catch() {}, finally() {} };
    const greenlet = spawn(() => sleep(60_000));
    expect(spawn(() => query as object).get()).toBe(query);
    expect(new Pool(1).map(() => query as object, [1])).toEqual([query]);
    expect(withTimeout(60_000, () => query as object)).toBe(query);
    const given = spawn(() => greenlet).get();
    expect(given).toBe(greenlet);
    expect([runs, greenlet.ready]).toEqual([0, false]);
    greenlet.kill();
  }),
);

it(
  "clean-up by an async function is shielded to its end, and a predicate is asked for its answer",
  green(() => {
    let cleaned = false;
    const g = spawn(() => {
      try {
        sleep(60_000);
      } finally {
        shield(async () => {
          await later(5);
          cleaned = true;
        });
      }
    });
    sleep(0);
    g.kill();
    g.kill();
    expect(cleaned).toBe(true);
    const condition = new Condition();
    using _held = condition.lock.hold();
    expect(condition.waitFor(async () => false, { timeout: 1 })).toBe(false);
    expect(condition.waitFor(async () => true, { timeout: 60_000 })).toBe(true);
  }),
);

it("types: the value of the promise", () => {
  const check = (): void => {
    expectTypeOf(spawn(double, 1)).toEqualTypeOf<Greenlet<number>>();
    expectTypeOf(spawn(async () => {})).toEqualTypeOf<Greenlet<void>>();
    expectTypeOf(spawnLater(1, double, 1).get()).toEqualTypeOf<number>();
    expectTypeOf(run(double, 1)).toEqualTypeOf<Promise<number>>();
    expectTypeOf(spawn(() => 1 as number | Promise<number>)).toEqualTypeOf<Greenlet<number>>();
    expectTypeOf(new Pool(1).map(double, [1])).toEqualTypeOf<number[]>();
    expectTypeOf(new Pool(1).apply(double, 1)).toEqualTypeOf<number>();
    expectTypeOf(scope(async () => "x")).toEqualTypeOf<string>();
    expectTypeOf(withTimeout(1, async () => 1)).toEqualTypeOf<number>();
    expectTypeOf(withTimeout(1, async () => 1, null)).toEqualTypeOf<number | null>();
    const generic = <T>(fn: () => T): Greenlet<T> => spawn(fn);
    expectTypeOf(generic(() => 1)).toEqualTypeOf<Greenlet<number>>();
  };
  expect(check).toBeTypeOf("function");
});
