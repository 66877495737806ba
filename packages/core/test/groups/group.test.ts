import { describe, expect, expectTypeOf, it } from "vitest";
import { Event, Group, Pool, sleep, spawn } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("Group", () => {
  it(
    "joins and kills what was spawned in it",
    green(() => {
      const group = new Group();
      const ended: number[] = [];
      for (const ms of [3, 1, 2]) {
        group.spawn((n: number) => {
          sleep(n);
          ended.push(n);
        }, ms);
      }
      expect([group.length, [...group].length]).toEqual([3, 3]);
      expect(group.join()).toBe(true);
      expect([ended.toSorted(), group.length]).toEqual([[1, 2, 3], 0]);
      group.spawn(() => sleep(10_000));
      expect(group.join({ timeout: 1 })).toBe(false);
      group.kill();
      expect(group.length).toBe(0);
      expect(new Pool(1)).toBeInstanceOf(Group);
    }),
  );

  it(
    "apply waits for one",
    green(() => {
      const pool = new Pool(1);
      expect(pool.apply((a: number, b: number) => a + b, 1, 2)).toBe(3);
      const boom = new Error("boom");
      expect(
        thrownBy(() =>
          pool.apply(() => {
            throw boom;
          }),
        ),
      ).toBe(boom);
    }),
  );
});

describe("imap", () => {
  it(
    "gives results in the order of the items, imapUnordered as they come",
    green(() => {
      const pool = new Pool(3);
      /** The square of n, found when that of n + 1 has been. */
      const backwards = (): ((n: number) => number) => {
        const found = [new Event(), new Event(), new Event()];
        return (n) => {
          found[n + 1]?.wait();
          found[n]?.set();
          return n * n;
        };
      };
      const results = pool.imap(backwards(), [0, 1, 2]);
      expectTypeOf(results).toEqualTypeOf<IterableIterator<number>>();
      expect([...results]).toEqual([0, 1, 4]);
      expect([...pool.imapUnordered(backwards(), [0, 1, 2])]).toEqual([4, 1, 0]);
      expect([...pool.imap(backwards(), [])]).toEqual([]);
      expect([...pool.imapUnordered(backwards(), [])]).toEqual([]);
    }),
  );

  it.each(["imap", "imapUnordered"] as const)(
    "%s begins no more than maxSize ahead of the consumer",
    (name) =>
      green(() => {
        let begun = 0;
        function* items(): Generator<number> {
          for (;;) yield begun++;
        }
        const results = new Pool(10)[name]((n: number) => n, items(), { maxSize: 4 });
        results.next();
        sleep(5);
        expect(begun).toBeLessThanOrEqual(6);
        for (let i = 0; i < 20; i++) results.next();
        sleep(5);
        expect(begun).toBeLessThanOrEqual(26);
        expect(begun).toBeGreaterThanOrEqual(21);
        results.return?.();
      })(),
  );

  it.each(["imap", "imapUnordered"] as const)(
    "%s throws an error where its result would be, and ends the rest",
    (name) =>
      green(() => {
        const pool = new Pool(2);
        const boom = new Error("boom");
        const done: number[] = [];
        const results = pool[name](
          (n: number) => {
            sleep(1);
            if (n === 2) throw boom;
            if (n > 2) sleep(10_000);
            done.push(n);
            return n;
          },
          [0, 1, 2, 3, 4, 5],
        );
        expect([results.next().value, results.next().value]).toEqual([0, 1]);
        expect(thrownBy(() => results.next())).toBe(boom);
        pool.join();
        expect(done).toEqual([0, 1]);
      })(),
  );

  it(
    "leaving early ends what it has begun",
    green(() => {
      const pool = new Pool(4);
      for (const n of pool.imap(
        (i: number) => (i > 0 && sleep(10_000), i),
        [0, 1, 2, 3, 4, 5, 6],
      )) {
        expect(n).toBe(0);
        break;
      }
      expect(pool.join({ timeout: 60_000 })).toBe(true);
    }),
  );

  it(
    "the error of the items themselves comes after the results before it",
    green(() => {
      const boom = new Error("no more items");
      function* items(): Generator<number> {
        yield 1;
        throw boom;
      }
      for (const name of ["imap", "imapUnordered"] as const) {
        const results = new Pool(2)[name]((n: number) => n, items());
        expect(results.next().value).toBe(1);
        expect(thrownBy(() => results.next())).toBe(boom);
      }
      const results = new Pool(1).imap((n: number) => n, [1], { maxSize: 0 });
      expect(() => results.next()).toThrow(RangeError);
    }),
  );

  it(
    "a killed consumer leaves nothing running",
    green(() => {
      const pool = new Pool(2);
      const consumer = spawn(() => [...pool.imap(() => sleep(10_000), [1, 2, 3, 4])]);
      while (pool.length < 2) sleep(0);
      consumer.kill();
      expect(pool.join({ timeout: 60_000 })).toBe(true);
    }),
  );
});
