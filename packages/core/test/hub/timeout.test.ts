import { describe, expect, it } from "vitest";
import {
  BlockingSwitchOutError,
  Event,
  Queue,
  Semaphore,
  shield,
  sleep,
  spawn,
  Timeout,
  Timer,
  wait,
  withTimeout,
} from "../../src/index.js";
import { fakeClock, green, thrownBy, turns } from "@greenlit/testing";

/** Uses up time without blocking. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe("Timeout", () => {
  it(
    "is thrown at the blocking call the greenlet is in",
    green(() => {
      using deadline = new Timeout(5);
      const error = thrownBy(() => sleep(10_000));
      expect(error).toBe(deadline);
      expect(deadline).toBeInstanceOf(Error);
      expect([deadline.name, deadline.code, deadline.ms, deadline.message]).toEqual([
        "Timeout",
        "ERR_GREENLIT_TIMEOUT",
        5,
        "timed out after 5 ms",
      ]);
    }),
  );

  it(
    "is thrown once: after it has fired, blocking calls go on",
    green(() => {
      using deadline = new Timeout(1);
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
      sleep(5);
      expect(deadline.pending).toBe(false);
    }),
  );

  it(
    "throws the error that was given in its place",
    green(() => {
      const error = new Error("mine");
      using _deadline = new Timeout(1, error);
      expect(thrownBy(() => sleep(10_000))).toBe(error);
    }),
  );

  it(
    "null never fires, and Infinity neither",
    green(() => {
      using a = new Timeout(null);
      using b = new Timeout(Infinity);
      sleep(5);
      expect([a.pending, b.pending]).toEqual([false, true]);
    }),
  );

  it(
    "0 fires at the next turn of the loop",
    green(() => {
      using deadline = new Timeout(0);
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
    }),
  );

  it("refuses what is no duration", () =>
    green(() => {
      expect(thrownBy(() => new Timeout(-1))).toBeInstanceOf(RangeError);
      expect(thrownBy(() => new Timeout(Number.NaN))).toBeInstanceOf(RangeError);
    })());

  it(
    "can be cancelled, before and after, once and twice",
    green(() => {
      const deadline = new Timeout(2);
      expect(deadline.pending).toBe(true);
      deadline.cancel();
      deadline.cancel();
      expect(deadline.pending).toBe(false);
      sleep(6);
    }),
  );

  it(
    "can be started anew: the time counts from then",
    green(() => {
      using clock = fakeClock();
      const start = clock.now();
      using deadline = new Timeout(30);
      sleep(20);
      deadline.start();
      sleep(20);
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
      expect(clock.now() - start).toBe(50);
      deadline.start();
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
    }),
  );

  it(
    "can be started in another greenlet, which it then is for",
    green(() => {
      using _clock = fakeClock();
      const deadline = new Timeout(5);
      const other = spawn(() => {
        deadline.start();
        return thrownBy(() => sleep(10_000));
      });
      sleep(10);
      expect(other.get()).toBe(deadline);
    }),
  );

  it("outside a greenlet is an error, to make as to start", async () => {
    expect(thrownBy(() => new Timeout(1))).toBeInstanceOf(BlockingSwitchOutError);
    const deadline = await spawn(() => new Timeout(null));
    const other = await spawn(() => {
      const made = new Timeout(1000);
      made.cancel();
      return made;
    });
    expect(thrownBy(() => deadline.start())).toBeInstanceOf(BlockingSwitchOutError);
    expect(thrownBy(() => other.start())).toBeInstanceOf(BlockingSwitchOutError);
    await turns(2);
  });

  it(
    "that passes while the greenlet runs is thrown at its next blocking call",
    green(() => {
      using deadline = new Timeout(2);
      busy(5);
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
    }),
  );

  it(
    "that fired while the greenlet was ready to run waits for the next blocking call",
    green(() => {
      using _clock = fakeClock();
      const ready = new Event();
      new Timer(5, () => ready.set()); // wakes it: it is in the queue
      using deadline = new Timeout(5);
      expect(ready.wait()).toBe(true);
      expect(thrownBy(() => sleep(10_000))).toBe(deadline);
    }),
  );

  it(
    "cancelled after it fired, before the next blocking call, is forgotten",
    green(() => {
      const deadline = new Timeout(2);
      shield(() => sleep(5));
      deadline.cancel();
      sleep(1);
    }),
  );

  it("leaves no timer behind when its block ends", async () => {
    const timers = (): number =>
      process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
    await green(() => {
      const before = timers();
      {
        using _deadline = new Timeout(10_000);
        expect(timers()).toBe(before + 1);
      }
      withTimeout(10_000, () => 1);
      thrownBy(() =>
        withTimeout(10_000, () => {
          throw new Error("x");
        }),
      );
      expect(timers()).toBe(before);
    })();
  });

  it("of a greenlet that has ended does nothing", async () => {
    await spawn(() => void new Timeout(2));
    await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe("nesting", () => {
  it(
    "an outer deadline passes through inner waits of every kind",
    green(() => {
      const queue = new Queue(1);
      const semaphore = new Semaphore(0);
      const sleeper = spawn(() => sleep(10_000));
      const waits: (() => unknown)[] = [
        () => sleep(1000),
        () => new Event().wait({ timeout: 1000 }),
        () => queue.get({ timeout: 1000 }),
        () => semaphore.acquire({ timeout: 1000 }),
        () => sleeper.join({ timeout: 1000 }),
        () => sleeper.get({ timeout: 1000 }),
        () => wait(new Promise(() => {}), { timeout: 1000 }),
        () => withTimeout(1000, () => sleep(2000), undefined),
        () => {
          using _inner = new Timeout(1000);
          sleep(2000);
        },
      ];
      for (const blocking of waits) {
        using outer = new Timeout(2);
        expect(thrownBy(blocking)).toBe(outer);
      }
      sleeper.kill();
    }),
  );

  it(
    "the inner one fires first when it is shorter; the outer one stays",
    green(() => {
      using _clock = fakeClock();
      using outer = new Timeout(30);
      {
        using inner = new Timeout(2);
        expect(thrownBy(() => sleep(10_000))).toBe(inner);
      }
      expect(thrownBy(() => sleep(10_000))).toBe(outer);
    }),
  );

  it(
    "each call swallows its own timeout only",
    green(() => {
      const outcome = withTimeout(
        5,
        () => {
          withTimeout(1000, () => sleep(10_000), undefined);
          return "inner swallowed it";
        },
        "outer",
      );
      expect(outcome).toBe("outer");
      expect(withTimeout(60_000, () => new Event().wait({ timeout: 1 }), true)).toBe(false);
    }),
  );

  it(
    "two that are due at once are thrown one after the other",
    green(() => {
      using a = new Timeout(3);
      using b = new Timeout(3);
      const first = thrownBy(() => sleep(10_000));
      const second = thrownBy(() => sleep(10_000));
      expect(new Set([first, second])).toEqual(new Set([a, b]));
      sleep(1);
    }),
  );
});
