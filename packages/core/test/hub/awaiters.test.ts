import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import {
  after,
  type Greenlet,
  iwait,
  joinAll,
  select,
  sleep,
  spawn,
  wait,
  waitAll,
  withTimeout,
} from "../../src/index.js";
import { Awaiters } from "../../src/hub/awaiters.js";
import { collect } from "@greenlit/testing/program";
import { green, thrownBy } from "@greenlit/testing";

function heap(): number {
  collect();
  sleep(1);
  collect();
  return process.memoryUsage().heapUsed;
}

/**
 * How many bytes each of many calls keeps, in the best of some rounds: others use the heap, too.
 */
function keptBy(call: () => unknown, count: number): number {
  for (let i = 0; i < count; i++) call();
  let least = Infinity;
  for (let round = 0; round < 3; round++) {
    const before = heap();
    for (let i = 0; i < count; i++) call();
    least = Math.min(least, (heap() - before) / count);
  }
  return least;
}

describe("a promise that stays pending keeps nothing of who gave up", () => {
  const foreign = runInNewContext("new Promise(() => {})") as Promise<never>;
  const never = new Promise<never>(() => {});
  const greenlet = (): Greenlet => spawn(() => sleep(Infinity)) as Greenlet;

  const WAYS: [string, (p: Promise<unknown>) => unknown][] = [
    ["wait", (p) => thrownBy(() => wait(p, { timeout: 0 }))],
    [
      "a killed wait",
      (p) => {
        const g = spawn((): unknown => wait(p));
        sleep(0);
        g.kill();
      },
    ],
    ["withTimeout", (p) => withTimeout(0, () => wait(p), 0)],
    ["waitAll", (p) => waitAll([p], { timeout: 0 })],
    [
      "iwait",
      (p) => {
        for (const _ of iwait([p, Promise.resolve()])) break;
      },
    ],
    ["select", (p) => select([after(0), p])],
    [
      "an async function",
      (p) => {
        const g = spawn((): unknown => p);
        sleep(0);
        g.kill();
      },
    ],
  ];

  it.each(WAYS)("%s", (_, call) =>
    green(() => {
      for (const promise of [never, foreign]) {
        expect(keptBy(() => call(promise), 800)).toBeLessThan(150);
      }
    })(),
  );

  it(
    "nor a greenlet that goes on",
    green(() => {
      const g = greenlet();
      expect(keptBy(() => thrownBy(() => wait(g, { timeout: 0 })), 800)).toBeLessThan(150);
      g.kill();
    }),
  );

  it(
    "also when very many wait at once",
    green(() => {
      const call = (): void => {
        joinAll(
          Array.from({ length: 2000 }, () =>
            spawn(() => thrownBy(() => wait(never, { timeout: 0 }))),
          ),
        );
      };
      expect(keptBy(call, 1)).toBeLessThan(100 * 2000);
    }),
  );
});

it(
  "wakes all who wait, in order, also those who came after others had given up",
  green(() => {
    let resolve!: (value: string) => void;
    const promise = new Promise<string>((yes) => (resolve = yes));
    thrownBy(() => wait(promise, { timeout: 0 }));
    const order: string[] = [];
    const waiting = ["a", "b", "c"].map((name) =>
      spawn(() => order.push(`${name} ${wait(promise)}`)),
    );
    const other = spawn(() => select([promise]).value);
    sleep(0);
    waiting[1]?.kill();
    resolve("value");
    joinAll(waiting);
    expect(order).toEqual(["a value", "c value"]);
    expect(other.get()).toBe("value");
    expect(wait(promise)).toBe("value");
  }),
);

it(
  "tells all of a rejection, and nobody of one after the timeout",
  green(() => {
    let reject!: (error: unknown) => void;
    const promise = new Promise<never>((_, no) => (reject = no));
    thrownBy(() => wait(promise, { timeout: 0 }));
    const errors: unknown[] = [];
    const waiting = [1, 2].map(() => spawn(() => errors.push(thrownBy(() => wait(promise)))));
    sleep(0);
    const error = new Error("late");
    reject(error);
    joinAll(waiting);
    expect(errors).toEqual([error, error]);
    expect(thrownBy(() => wait(promise))).toBe(error);
  }),
);

it(
  "asks a thenable that is no promise each time: it may begin only then",
  green(() => {
    let asked = 0;
    const lazy = {
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      then(yes: (value: number) => void) {
        yes(++asked);
      },
    } as PromiseLike<number>;
    expect([wait(lazy), wait(lazy), select([lazy]).value]).toEqual([1, 2, 3]);
    class Lazy extends Promise<number> {
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      override then(yes?: unknown): never {
        (yes as (value: number) => void)(++asked);
        return undefined as never;
      }
    }
    const promise = new Lazy(() => {});
    expect([wait(promise), wait(promise)]).toEqual([4, 5]);
  }),
);

it("is one list for each promise that somebody has given up on", () => {
  const promise = new Promise(() => {});
  const { then } = promise;
  const entry = { wake() {}, fail() {}, list: null, previous: null, next: null };
  const first = Awaiters.join(promise, then as never, { ...entry });
  first.abandon();
  expect(Awaiters.join(promise, then as never, { ...entry })).toBe(first);
  expect(Awaiters.join(new Promise(() => {}), then as never, { ...entry })).not.toBe(first);
});
