import { describe, expect, expectTypeOf, it } from "vitest";
import {
  Event,
  getCurrent,
  type Greenlet,
  GreenletExit,
  idle,
  joinAll,
  killAll,
  shield,
  sleep,
  spawn,
} from "../../src/index.js";
import { fakeClock, green, thrownBy, turns } from "@greenlit/testing";

describe("joinAll", () => {
  it(
    "waits for all and gives those that ended, in the order given",
    green(() => {
      const all = [3, 1, 2].map((ms) =>
        spawn(() => {
          sleep(ms);
          return ms;
        }),
      );
      const ended = joinAll(all);
      expectTypeOf(ended).toEqualTypeOf<Greenlet<number>[]>();
      expect(ended).toEqual(all);
      expect(joinAll(new Set(all)).map((g) => g.value)).toEqual([3, 1, 2]);
      expect(joinAll([])).toEqual([]);
      const mixed = joinAll([spawn(() => 1), spawn(() => "a")]);
      expectTypeOf(mixed).toEqualTypeOf<(Greenlet<number> | Greenlet<string>)[]>();
      expect(mixed.map(({ value }) => value)).toEqual([1, "a"]);
    }),
  );

  it(
    "gives up after its timeout, which is for all together",
    green(() => {
      using clock = fakeClock();
      const all = [1, 10_000, 20, 10_000].map((ms) => spawn(() => sleep(ms)));
      const start = clock.now();
      expect(joinAll(all, { timeout: 30 })).toEqual([all[0], all[2]]);
      expect(clock.now() - start).toBe(30);
      expect(joinAll(all, { timeout: 0 })).toEqual([all[0], all[2]]);
      killAll(all);
      expect(joinAll(all)).toEqual(all);
    }),
  );

  it(
    "finds out with timeout 0 what has ended, of any number, in a few turns",
    green(() => {
      const event = new Event();
      const all = Array.from({ length: 2000 }, (_, i) =>
        spawn(() => (i % 2 === 0 ? true : event.wait())),
      );
      sleep(0);
      let turns = 0;
      const counter = spawn(() => {
        for (;;) {
          turns++;
          idle();
        }
      });
      expect(joinAll(all, { timeout: 0 }).length).toBe(1000);
      expect(turns).toBeLessThan(10);
      counter.kill();
      event.set();
      joinAll(all);
    }),
  );

  it(
    "does not throw their errors, unless told so: then the first one as soon as it comes",
    green(() => {
      const fail = (ms: number): Greenlet =>
        spawn(() => {
          sleep(ms);
          throw new Error(`after ${ms}`);
        });
      const all = [spawn(() => 1) as Greenlet, fail(3), fail(1)];
      expect(joinAll(all)).toEqual(all);
      // Those that had failed before: in the order given.
      expect((thrownBy(() => joinAll(all, { raiseError: true })) as Error).message).toBe("after 3");
      expect(joinAll([all[0] as Greenlet], { raiseError: true }).length).toBe(1);
      const late = [spawn(() => sleep(10_000)) as Greenlet, fail(10_000), fail(1)];
      expect((thrownBy(() => joinAll(late, { raiseError: true })) as Error).message).toBe(
        "after 1",
      );
      expect(late.map((g) => g.dead)).toEqual([false, false, true]);
      expect(joinAll(late, { raiseError: false, timeout: 0 })).toEqual([late[2]]);
      killAll(late);
      joinAll([spawn(() => sleep(1))], { raiseError: true });
    }),
  );

  it(
    "ends with the signal's reason",
    green(() => {
      const g = spawn(() => sleep(10_000));
      expect(thrownBy(() => joinAll([g], { signal: AbortSignal.abort("no") }))).toBe("no");
      expect(thrownBy(() => joinAll([g], { timeout: -1 }))).toBeInstanceOf(RangeError);
      g.kill();
    }),
  );
});

describe("killAll", () => {
  it(
    "kills all, then waits for all",
    green(() => {
      const ends: number[] = [];
      const all = [0, 1, 2].map((i) =>
        spawn(() => {
          try {
            sleep(10_000);
          } finally {
            shield(() => sleep(1));
            ends.push(i);
          }
        }),
      );
      sleep(0);
      const unstarted = spawn(() => expect.fail("ran"));
      killAll([...all, unstarted] as Greenlet[]);
      expect(ends).toEqual([0, 1, 2]);
      for (const g of [...all, unstarted]) expect(g.value).toBeInstanceOf(GreenletExit);
    }),
  );

  it(
    "leaves out the greenlet that calls it",
    green(() => {
      const me = getCurrent() as Greenlet;
      const g = spawn(() => sleep(10_000)) as Greenlet;
      killAll([me, g]);
      expect([me.dead, g.dead]).toEqual([false, true]);
    }),
  );

  it(
    "takes an error, a timeout, and not to wait",
    green(() => {
      const release = new Event();
      const g = spawn(() => {
        shield(() => release.wait());
        sleep(10_000);
      }) as Greenlet;
      sleep(0);
      const error = new Error("mine");
      killAll([g], error, { timeout: 1 });
      expect(g.dead).toBe(false);
      killAll([g], error, { block: false });
      release.set();
      expect(thrownBy(() => g.get())).toBe(error);
    }),
  );

  it("works on the hub when it need not wait", async () => {
    const all = [1, 2].map(() => spawn(() => sleep(10_000))) as Greenlet[];
    await turns(2);
    killAll(all, undefined, { block: false });
    await Promise.all(all);
    killAll(all);
  });
});
