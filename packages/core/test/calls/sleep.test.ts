import { describe, expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  getCurrent,
  getHub,
  joinAll,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { fakeClock, green, thrownBy } from "@greenlit/testing";

describe("sleep", () => {
  it(
    "blocks this greenlet for as long as asked",
    green(() => {
      const start = performance.now();
      sleep(40);
      expect(performance.now() - start).toBeGreaterThanOrEqual(40);
    }),
  );

  it(
    "blocks no other",
    green(() => {
      using _clock = fakeClock();
      let others = 0;
      const other = spawn(() => {
        for (let i = 0; i < 5; i++) {
          sleep(2);
          others++;
        }
      });
      sleep(11);
      expect(others).toBe(5);
      other.join();
    }),
  );

  it(
    "without an argument, and with 0, yields once to everyone ready",
    green(() => {
      const order: string[] = [];
      const all = ["a", "b", "c"].map((name) =>
        spawn(() => {
          for (let i = 0; i < 3; i++) {
            order.push(`${name}${i}`);
            if (i === 1) sleep();
            else sleep(0);
          }
        }),
      );
      joinAll(all);
      expect(order).toEqual(["a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2"]);
    }),
  );

  it(
    "of 0 throws what the greenlet was interrupted with while the others had their turn",
    green(() => {
      const fates: string[] = [];
      const victim = spawn(() => {
        try {
          sleep(0);
          fates.push("went on");
        } catch (error) {
          fates.push((error as Error).message);
          throw error;
        }
      });
      const late = spawn(() => {
        using deadline = new Timeout(0);
        try {
          for (;;) sleep(0);
        } catch (error) {
          fates.push(error === deadline ? "its own deadline" : String(error));
        }
      });
      sleep(0);
      victim.kill(new Error("killed meanwhile"), { block: false });
      expect([victim.dead, victim.started]).toEqual([false, true]);
      expect(victim.join() && late.join()).toBe(true);
      expect(fates).toEqual(["killed meanwhile", "its own deadline"]);
      expect((victim.exception as Error).message).toBe("killed meanwhile");
    }),
  );

  it(
    "wakes in the order of the times",
    green(() => {
      using _clock = fakeClock();
      const order: number[] = [];
      joinAll(
        [30, 10, 20, 0, 1].map((ms) =>
          spawn(() => {
            sleep(ms);
            order.push(ms);
          }),
        ),
      );
      expect(order).toEqual([0, 1, 10, 20, 30]);
    }),
  );

  it(
    "those with the same time wake in the order they came",
    green(() => {
      const order: number[] = [];
      joinAll(
        Array.from({ length: 50 }, (_, i) =>
          spawn(() => {
            sleep(5);
            order.push(i);
          }),
        ),
      );
      expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
    }),
  );

  it(
    "takes fractions, and never lasts less than a turn of the loop",
    green(() => {
      sleep(0.25);
      sleep(-0);
    }),
  );

  it(
    "refuses what is no duration",
    green(() => {
      for (const wrong of [-1, -0.001, Number.NaN, -Infinity]) {
        const error = thrownBy(() => sleep(wrong)) as RangeError;
        expect(error).toBeInstanceOf(RangeError);
        expect(error.message).toBe(`ms must be a number of milliseconds, 0 or more, not ${wrong}`);
      }
    }),
  );

  it.each([2 ** 31, 2 ** 31 - 1, 2 ** 32 + 5, 1e15, Infinity])(
    "of %d ms does not fire at once",
    (ms) =>
      green(() => {
        const warnings: unknown[] = [];
        const listener = (warning: Error): void => void warnings.push(warning.name);
        process.on("warning", listener);
        const g = spawn(() => sleep(ms));
        sleep(15);
        expect(g.dead).toBe(false);
        g.kill();
        sleep(1);
        process.off("warning", listener);
        expect(warnings).not.toContain("TimeoutOverflowWarning");
      })(),
  );

  it("leaves no timer behind when it is interrupted", async () => {
    const { clock } = getHub();
    await green(() => {
      const all = Array.from({ length: 100 }, () => spawn(() => sleep(10_000)));
      sleep(0);
      expect(clock.pending).toBe(100);
      for (const g of all) g.kill();
      using deadline = new Timeout(1);
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
    })();
    expect(clock.pending).toBe(0);
  });

  it("on the hub is an error, and no greenlet is made", () => {
    expect(thrownBy(() => sleep(1))).toBeInstanceOf(BlockingSwitchOutError);
    expect(thrownBy(() => sleep())).toBeInstanceOf(BlockingSwitchOutError);
    expect(thrownBy(() => sleep(-1))).toBeInstanceOf(RangeError);
    expect(getCurrent()).toBe(null);
  });
});
