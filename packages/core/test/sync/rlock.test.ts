import { describe, expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  getCurrent,
  joinAll,
  RLock,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("RLock", () => {
  it(
    "may be taken again by its owner, and is free after as many releases",
    green(() => {
      const lock = new RLock();
      expect([lock.locked, lock.owner]).toEqual([false, null]);
      for (let i = 0; i < 3; i++) expect(lock.acquire()).toBe(true);
      expect(lock.owner).toBe(getCurrent());
      let got = false;
      const other = spawn(() => {
        lock.acquire();
        got = true;
        expect(lock.owner).toBe(getCurrent());
        lock.release();
      });
      for (let i = 0; i < 3; i++) {
        sleep(0);
        expect(got).toBe(false);
        lock.release();
      }
      other.get();
      expect([got, lock.locked]).toEqual([true, false]);
    }),
  );

  it(
    "goes to who has waited longest, and to nobody who gave up",
    green(() => {
      const lock = new RLock();
      lock.acquire();
      const order: number[] = [];
      const all = [0, 1, 2, 3, 4].map((i) =>
        spawn(() => {
          using _held = lock.hold(i === 3 ? { timeout: 1 } : undefined);
          order.push(i);
          sleep(1);
        }),
      );
      sleep(0); // they wait
      all[3]?.join();
      all[1]?.kill();
      lock.release();
      joinAll(all);
      expect(order).toEqual([0, 2, 4]);
      expect(all[3]?.exception).toBeInstanceOf(Timeout);
      expect(lock.locked).toBe(false);
    }),
  );

  it(
    "is only released by its owner",
    green(() => {
      const lock = new RLock();
      const notOwner = { code: "ERR_GREENLIT_NOT_OWNER" };
      expect(thrownBy(() => lock.release())).toMatchObject(notOwner);
      lock.acquire();
      const other = spawn(() => thrownBy(() => lock.release()));
      expect(other.get()).toMatchObject(notOwner);
      expect(lock.acquire({ timeout: 0 })).toBe(true);
      const late = spawn(() => lock.acquire({ timeout: 1 }));
      expect(late.get()).toBe(false);
      lock.release();
      lock.release();
    }),
  );

  it("cannot be held by the hub", () => {
    expect(thrownBy(() => new RLock().acquire())).toBeInstanceOf(BlockingSwitchOutError);
  });
});
