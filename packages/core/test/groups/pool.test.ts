import { describe, expect, expectTypeOf, it } from "vitest";
import {
  Event,
  type Greenlet,
  GreenletExit,
  Group,
  joinAll,
  Pool,
  shield,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { green, reports, thrownBy } from "@greenlit/testing";

describe("Pool", () => {
  it(
    "never runs more than its size",
    green(() => {
      const pool = new Pool(3);
      let running = 0;
      let most = 0;
      for (let i = 0; i < 30; i++) {
        pool.spawn(() => {
          most = Math.max(most, ++running);
          sleep(i % 3);
          running--;
        });
        expect(pool.length).toBeLessThanOrEqual(3);
        expect(pool.length + pool.free).toBe(3);
      }
      expect(pool.join()).toBe(true);
      expect([most, running, pool.length, pool.free, pool.size]).toEqual([3, 0, 0, 3, 3]);
    }),
  );

  it(
    "spawn blocks while it is full, and starts nothing it has no place for",
    green(() => {
      const pool = new Pool(1);
      const order: string[] = [];
      const mayEnd = new Event();
      const first = pool.spawn(() => {
        mayEnd.wait();
        order.push("first ends");
      });
      const asking = spawn(() => {
        const second = pool.spawn((x: number) => x + 1, 1);
        order.push("second has a place");
        return second.get();
      });
      sleep(0);
      expect([pool.free, asking.dead, order.length]).toEqual([0, false, 0]);
      mayEnd.set();
      expect(asking.get()).toBe(2);
      expect(order).toEqual(["first ends", "second has a place"]);
      expect(first.dead).toBe(true);
    }),
  );

  it(
    "an interrupted spawn starts nothing and takes no place",
    green(() => {
      const pool = new Pool(1);
      let started = false;
      const first = pool.spawn(() => sleep(10_000));
      using deadline = new Timeout(1);
      expect(thrownBy(() => pool.spawn(() => (started = true)))).toBe(deadline);
      first.kill();
      sleep(0);
      expect([started, pool.free, pool.length]).toEqual([false, 1, 0]);
    }),
  );

  it(
    "gets a place back however a greenlet ends",
    green(() => {
      const pool = new Pool(2);
      const unstarted = pool.spawn(() => {});
      unstarted.kill();
      const parked = pool.spawn(() => sleep(10_000));
      sleep(0);
      parked.kill();
      thrownBy(() =>
        pool
          .spawn(() => {
            throw new Error("x");
          })
          .get(),
      );
      expect(() => pool.spawn("no function" as never)).toThrow(TypeError);
      expect([pool.free, pool.length]).toEqual([2, 0]);
    }),
  );

  it("a size must be a whole number from 1 on", () => {
    for (const wrong of [0, -1, 2.5, Number.NaN]) expect(() => new Pool(wrong)).toThrow(RangeError);
    expect([new Pool().size, new Pool().free]).toEqual([Infinity, Infinity]);
  });
});

describe("map", () => {
  it(
    "gives the values in the order of the items, whatever the order of the ends",
    green(() => {
      const pool = new Pool(4);
      const items = Array.from({ length: 20 }, (_, i) => i);
      const values = pool.map((i: number) => {
        sleep((i * 7) % 5);
        return `${i}`;
      }, items);
      expectTypeOf(values).toEqualTypeOf<string[]>();
      expect(values).toEqual(items.map(String));
      expect(pool.map((x: number) => x, new Set([3, 1, 2]))).toEqual([3, 1, 2]);
      expect(pool.map((x: number) => x, [])).toEqual([]);
    }),
  );

  it(
    "takes items lazily: no more than there are places for",
    green(() => {
      const pool = new Pool(2);
      let taken = 0;
      let done = 0;
      function* source(): Iterable<number> {
        for (let i = 0; i < 10; i++) {
          taken++;
          expect(taken - done).toBeLessThanOrEqual(3);
          yield i;
        }
      }
      pool.map(() => {
        sleep(1);
        done++;
      }, source());
      expect([taken, done]).toEqual([10, 10]);
    }),
  );

  it("throws the error of the first item that failed, with all finished, and reports none", async () => {
    const finished: number[] = [];
    const seen = await reports(
      green(() => {
        const pool = new Pool(1);
        const error = thrownBy(() =>
          pool.map(
            (i: number) => {
              sleep(0);
              finished.push(i);
              if (i % 2 === 1) throw new Error(`item ${i}`);
            },
            [0, 1, 2, 3],
          ),
        );
        expect((error as Error).message).toBe("item 1");
      }),
    );
    expect(finished).toEqual([0, 1, 2, 3]);
    expect(seen).toEqual([]);
  });

  it(
    "works inside its own workers as long as there are places",
    green(() => {
      const pool = new Pool(4);
      expect(
        pool.map((i: number) => (i > 0 ? pool.map((j: number) => j * 2, [i]) : []), [1, 2]),
      ).toEqual([[2], [4]]);
    }),
  );
});

describe("join and kill", () => {
  it(
    "join waits for those that are spawned meanwhile, too",
    green(() => {
      const pool = new Pool();
      const order: string[] = [];
      pool.spawn(() => {
        sleep(1);
        pool.spawn(() => {
          sleep(3);
          order.push("grandchild");
        });
        order.push("child");
      });
      expect(pool.join()).toBe(true);
      expect(order).toEqual(["child", "grandchild"]);
      expect(pool.join()).toBe(true);
    }),
  );

  it(
    "join gives up after its timeout",
    green(() => {
      const pool = new Pool();
      pool.spawn(() => sleep(10_000));
      pool.spawn(() => sleep(10_000));
      expect(pool.join({ timeout: 5 })).toBe(false);
      expect(thrownBy(() => pool.join({ signal: AbortSignal.abort("no") }))).toBe("no");
      pool.kill();
    }),
  );

  it(
    "kill ends all that run, with their finally blocks",
    green(() => {
      const pool = new Pool(5);
      let cleaned = 0;
      const all: Greenlet[] = [1, 2, 3].map(() =>
        pool.spawn(() => {
          try {
            sleep(10_000);
          } finally {
            cleaned++;
          }
        }),
      );
      sleep(0);
      pool.kill();
      expect([cleaned, pool.length, pool.free]).toEqual([3, 0, 5]);
      expect(all.every((g) => g.value instanceof GreenletExit)).toBe(true);
      const error = new Error("mine");
      const g = pool.spawn(() => sleep(10_000));
      sleep(0);
      pool.kill(error, { block: false });
      expect(g.dead).toBe(false);
      joinAll([g]);
      expect(g.exception).toBe(error);
    }),
  );
});

describe("kill", () => {
  it.each([
    ["Group", () => new Group()],
    ["Pool", () => new Pool(2)],
  ])("of a %s ends those, too, that the clean-up of others spawns", (_, make) =>
    green(() => {
      const group = make();
      let spawned = 0;
      const again = (): void => {
        spawned++;
        try {
          sleep(60_000);
        } finally {
          if (spawned < 4) group.spawn(again);
        }
      };
      group.spawn(again);
      sleep(0);
      group.kill();
      expect(group.length).toBe(0);
      expect(spawned).toBe(4);
      settle();
      expect(group.length).toBe(0);
    })(),
  );

  it(
    "ends those that wait for a place: they never begin",
    green(() => {
      for (const how of ["spawn", "apply", "map", "imap"] as const) {
        const pool = new Pool(2);
        let [begun, ended] = [0, 0];
        const work = (): void => {
          begun++;
          sleep(60_000);
          ended++;
        };
        const starters = Array.from({ length: 6 }, () =>
          spawn((): unknown => {
            if (how === "spawn") return pool.spawn(work);
            if (how === "apply") return pool.apply(work);
            if (how === "map") return pool.map(work, [1, 2, 3]);
            return [...pool.imap(work, [1, 2, 3])];
          }),
        );
        while (begun < 2) sleep(0);
        pool.kill();
        expect([pool.length, pool.free]).toEqual([0, 2]);
        joinAll(starters);
        pool.kill();
        expect([pool.length, begun, ended]).toEqual([0, 2, 0]);
      }
    }),
  );

  it(
    "by one of its own spares that one, and ends when its time is over",
    green(() => {
      const group = new Group();
      const mine = group.spawn(() => {
        group.kill();
        return group.length;
      });
      const other = group.spawn(() => sleep(60_000));
      expect(mine.get()).toBe(1);
      expect(other.ready).toBe(true);
      const mayEnd = new Event();
      const stubborn = group.spawn(() => shield(() => mayEnd.wait()));
      sleep(0);
      group.kill(undefined, { timeout: 1 });
      expect(stubborn.ready).toBe(false);
      mayEnd.set();
      group.kill(undefined, { block: false });
      group.join();
    }),
  );
});

/** Lets all others go as far as they can. */
function settle(): void {
  for (let i = 0; i < 4; i++) sleep(0);
}

describe("Pool.waitAvailable", () => {
  it(
    "waits for a free place, and leaves it free",
    green(() => {
      const pool = new Pool(1);
      expect([pool.waitAvailable(), pool.free]).toEqual([true, 1]);
      const mayEnd = new Event();
      const g = pool.spawn(() => mayEnd.wait());
      expect([pool.waitAvailable({ timeout: 0 }), g.dead]).toEqual([false, false]);
      spawn(() => mayEnd.set());
      expect([pool.waitAvailable({ timeout: 60_000 }), pool.free, g.dead]).toEqual([true, 1, true]);
    }),
  );
});
