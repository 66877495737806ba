import { describe, expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  joinAll,
  Semaphore,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("Semaphore", () => {
  it("counts permits", () => {
    const semaphore = new Semaphore(2);
    expect([semaphore.free, semaphore.locked]).toEqual([2, false]);
    expect(semaphore.acquire()).toBe(true);
    expect(semaphore.acquire()).toBe(true);
    expect([semaphore.free, semaphore.locked]).toEqual([0, true]);
    expect(thrownBy(() => semaphore.acquire())).toBeInstanceOf(BlockingSwitchOutError);
    semaphore.release();
    expect([semaphore.free, semaphore.locked]).toEqual([1, false]);
    expect(new Semaphore().free).toBe(1);
    expect(new Semaphore(Infinity).locked).toBe(false);
    for (const wrong of [-1, 1.5, Number.NaN])
      expect(() => new Semaphore(wrong)).toThrow(RangeError);
  });

  it(
    "lets no more in than it has permits",
    green(() => {
      const semaphore = new Semaphore(3);
      let inside = 0;
      let most = 0;
      joinAll(
        Array.from({ length: 20 }, (_, i) =>
          spawn(() => {
            semaphore.acquire();
            most = Math.max(most, ++inside);
            sleep(i % 3);
            inside--;
            semaphore.release();
          }),
        ),
      );
      expect([most, inside, semaphore.free]).toEqual([3, 0, 3]);
    }),
  );

  it(
    "serves in the order of arrival",
    green(() => {
      const semaphore = new Semaphore(0);
      const order: number[] = [];
      const all = [0, 1, 2, 3, 4].map((i) =>
        spawn(() => {
          semaphore.acquire();
          order.push(i);
        }),
      );
      sleep(0);
      for (let i = 0; i < 5; i++) {
        semaphore.release();
        if (i % 2 === 0) sleep(0);
      }
      joinAll(all);
      expect(order).toEqual([0, 1, 2, 3, 4]);
      expect(semaphore.free).toBe(0);
    }),
  );

  it(
    "hands a permit over: who releases and acquires again at once does not overtake",
    green(() => {
      const semaphore = new Semaphore(1);
      const order: string[] = [];
      semaphore.acquire();
      const waiting = spawn(() => {
        semaphore.acquire();
        order.push("waiting");
        semaphore.release();
      });
      sleep(0);
      semaphore.release();
      expect([semaphore.free, semaphore.locked]).toEqual([0, true]);
      semaphore.acquire();
      order.push("greedy");
      semaphore.release();
      waiting.join();
      expect(order).toEqual(["waiting", "greedy"]);
    }),
  );

  it(
    "a waiter that times out, is aborted or killed takes no permit and loses none",
    green(() => {
      const semaphore = new Semaphore(0);
      const controller = new AbortController();
      const interrupted = [
        spawn(() => semaphore.acquire({ timeout: 1 })),
        spawn(() => thrownBy(() => semaphore.acquire({ signal: controller.signal }))),
        spawn(() => semaphore.acquire()),
        spawn(() => {
          using deadline = new Timeout(1);
          return thrownBy(() => semaphore.acquire()) === deadline;
        }),
      ] as const;
      const patient = spawn(() => semaphore.acquire());
      sleep(0);
      controller.abort("no");
      interrupted[2].kill();
      joinAll(interrupted as never);
      expect([interrupted[0].value, interrupted[1].value, interrupted[3].value]).toEqual([
        false,
        "no",
        true,
      ]);
      semaphore.release();
      expect(patient.get()).toBe(true);
      semaphore.release();
      expect(semaphore.free).toBe(1);
    }),
  );

  it(
    "a permit handed to a greenlet that is killed before it runs is that greenlet's: its finally gives it back",
    green(() => {
      const semaphore = new Semaphore(0);
      const g = spawn(() => {
        semaphore.acquire();
        try {
          sleep(10_000);
        } finally {
          semaphore.release();
        }
      });
      sleep(0);
      semaphore.release();
      g.kill();
      expect(semaphore.free).toBe(1);
    }),
  );

  it(
    "hold takes a permit for a block, also when the block throws",
    green(() => {
      const semaphore = new Semaphore(1);
      {
        using _permit = semaphore.hold();
        expect(semaphore.free).toBe(0);
      }
      expect(semaphore.free).toBe(1);
      const fail = (): void => {
        using _permit = semaphore.hold();
        throw new Error("x");
      };
      expect((thrownBy(fail) as Error).message).toBe("x");
      expect(semaphore.free).toBe(1);
    }),
  );

  it(
    "hold throws a Timeout when there is no permit in time",
    green(() => {
      const semaphore = new Semaphore(0);
      const error = thrownBy(() => semaphore.hold({ timeout: 1 })) as Timeout;
      expect(error).toBeInstanceOf(Timeout);
      expect(error.message).toBe("Semaphore.hold timed out after 1 ms");
      expect(semaphore.free).toBe(0);
    }),
  );

  it(
    "a permit that is held is given back once, however often it is disposed of",
    green(() => {
      const semaphore = new Semaphore(1);
      const permit = semaphore.hold();
      permit[Symbol.dispose]();
      permit[Symbol.dispose]();
      expect(semaphore.free).toBe(1);
    }),
  );
});
