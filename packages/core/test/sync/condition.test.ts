import { describe, expect, it } from "vitest";
import { Condition, dump, idle, joinAll, RLock, sleep, spawn } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("Condition", () => {
  it(
    "notify takes a number of greenlets, and nothing else",
    green(() => {
      const condition = new Condition();
      condition.lock.acquire();
      for (const wrong of [-1, 0.5, Number.NaN, "1" as never]) {
        const error = thrownBy(() => condition.notify(wrong));
        expect(error).toBeInstanceOf(RangeError);
        expect((error as Error).message).toMatch(
          /^count must be a whole number, 0 or more, or Inf/,
        );
      }
      condition.notify(0);
      condition.lock.release();
    }),
  );

  it(
    "is what dump names, also while a notified greenlet waits for the lock",
    green(() => {
      const condition = new Condition();
      const { lock } = condition;
      const waiting = [
        spawn(() => lock.acquire() && condition.wait() && lock.release()),
        spawn(() => lock.acquire() && condition.waitFor(() => true) && lock.release()),
      ];
      const waitsFor = (): (string | null)[] =>
        dump()
          .flatMap(({ children }) => children)
          .map((one) => one.waitsFor)
          .filter((one) => one !== null);
      sleep(0);
      expect(waitsFor()).toEqual(["Condition.wait"]);
      lock.acquire();
      condition.notify();
      sleep(0);
      expect(waitsFor()).toEqual([expect.stringMatching(/^Condition.wait, held by test/)]);
      lock.release();
      joinAll(waiting);
    }),
  );

  it(
    "wait gives the lock up, however often it was taken, and has it again when it returns",
    green(() => {
      const condition = new Condition();
      const { lock } = condition;
      const waiter = spawn(() => {
        lock.acquire();
        lock.acquire();
        expect(condition.wait()).toBe(true);
        expect(lock.owner?.name).toContain(waiter.name);
        lock.release();
        expect(lock.locked).toBe(true);
        lock.release();
      });
      sleep(0);
      expect(lock.locked).toBe(false);
      lock.acquire();
      condition.notify();
      sleep(0);
      expect(waiter.dead).toBe(false); // notified, but we hold the lock
      lock.release();
      waiter.get();
      expect(lock.locked).toBe(false);
    }),
  );

  it(
    "notify wakes as many as it says, longest first; notifyAll everyone",
    green(() => {
      const condition = new Condition(new RLock());
      const order: number[] = [];
      const all = [0, 1, 2, 3, 4].map((i) =>
        spawn(() => {
          using _held = condition.lock.hold();
          condition.wait();
          order.push(i);
        }),
      );
      sleep(0);
      const notify = (fn: () => void): void => {
        using _held = condition.lock.hold();
        fn();
      };
      notify(() => condition.notify(2));
      idle();
      expect(order).toEqual([0, 1]);
      notify(() => condition.notifyAll());
      joinAll(all);
      expect(order).toEqual([0, 1, 2, 3, 4]);
    }),
  );

  it(
    "has the lock again after a timeout and after a kill, too",
    green(() => {
      const condition = new Condition();
      const { lock } = condition;
      {
        using _held = lock.hold();
        expect(condition.wait({ timeout: 1 })).toBe(false);
        expect(lock.locked).toBe(true);
      }
      let held = false;
      const killed = spawn(() => {
        using _held = lock.hold();
        try {
          condition.wait();
        } finally {
          held = lock.locked;
        }
      });
      sleep(0);
      lock.acquire();
      killed.kill(undefined, { block: false });
      idle();
      expect([killed.dead, held]).toEqual([false, false]);
      lock.release();
      killed.join();
      expect([held, lock.locked, killed.successful]).toEqual([true, false, true]);
    }),
  );

  it(
    "waitFor looks again after each notify",
    green(() => {
      const condition = new Condition();
      let level = 0;
      const waiter = spawn(() => {
        using _held = condition.lock.hold();
        return condition.waitFor(() => level >= 3);
      });
      sleep(0);
      while (!waiter.dead) {
        {
          using _held = condition.lock.hold();
          level++;
          condition.notify();
        }
        idle();
      }
      expect([waiter.get(), level]).toEqual([true, 3]);
      using _held = condition.lock.hold();
      expect(condition.waitFor(() => level > 3, { timeout: 2 })).toBe(false);
      expect(condition.waitFor(() => true)).toBe(true);
    }),
  );

  it(
    "needs the lock",
    green(() => {
      const condition = new Condition();
      const notOwner = { code: "ERR_GREENLIT_NOT_OWNER" };
      expect(thrownBy(() => condition.wait())).toMatchObject(notOwner);
      expect(thrownBy(() => condition.notify())).toMatchObject(notOwner);
      expect(thrownBy(() => condition.notifyAll())).toMatchObject(notOwner);
    }),
  );
});
