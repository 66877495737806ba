import { getEventListeners } from "node:events";
import { describe, expect, expectTypeOf, it } from "vitest";
import { BlockingSwitchOutError, sleep, spawn, Timeout, wait } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

const later = <T>(value: T, ms = 1): Promise<T> =>
  new Promise((resolve) => setTimeout(resolve, ms, value));
const never = new Promise<never>(() => {});

function awaitsForever(this: unknown): void {
  wait(never);
}

describe("wait", () => {
  it(
    "returns the value of a promise, settled or not",
    green(() => {
      expect(wait(later("v"))).toBe("v");
      expect(wait(Promise.resolve(1))).toBe(1);
      expectTypeOf(wait(later(1))).toEqualTypeOf<number>();
      expectTypeOf(wait(1 as number | Promise<string>)).toEqualTypeOf<number | string>();
    }),
  );

  it(
    "goes through async functions, and hands the greenlet's turn to others meanwhile",
    green(() => {
      const order: string[] = [];
      let goOn!: () => void;
      const othersTurn = new Promise<void>((resolve) => (goOn = resolve));
      const work = async (): Promise<string> => {
        order.push("sync part");
        await othersTurn;
        order.push("after await");
        return "done";
      };
      const other = spawn(() => {
        order.push("other");
        goOn();
      });
      expect(wait(work())).toBe("done");
      expect(order).toEqual(["sync part", "other", "after await"]);
      other.join();
    }),
  );

  it(
    "returns what is no thenable as it is",
    green(() => {
      const object = { then: 5 };
      for (const value of [1, "x", null, undefined, object, Symbol.iterator])
        expect(wait(value)).toBe(value);
    }),
  );

  it(
    "takes any thenable, also one that settles at once, or a function",
    green(() => {
      // oxlint-disable unicorn/no-thenable -- that is what is tested
      expect(
        wait({
          then: (yes: (v: number) => void) => setTimeout(yes, 1, 3),
        } as unknown as PromiseLike<number>),
      ).toBe(3);
      expect(wait({ then: (yes: (v: number) => void) => yes(4) } as PromiseLike<number>)).toBe(4);
      const error = new Error("no");
      const refuses = {
        then: (_: unknown, no: (e: unknown) => void) => no(error),
      } as PromiseLike<number>;
      expect(thrownBy(() => wait(refuses))).toBe(error);
      const callable = Object.assign(() => {}, { then: (yes: (v: number) => void) => yes(5) });
      expect(wait(callable as unknown as PromiseLike<number>)).toBe(5);
      // oxlint-enable unicorn/no-thenable
    }),
  );

  it(
    "the first word of a thenable counts",
    green(() => {
      // oxlint-disable unicorn/no-thenable -- that is what is tested
      const chatty = {
        then(yes: (v: number) => void, no: (e: unknown) => void) {
          yes(1);
          yes(2);
          no(new Error("late"));
        },
      } as PromiseLike<number>;
      expect(wait(chatty)).toBe(1);
      const throwing = {
        then(yes: (v: number) => void): never {
          yes(1);
          throw new Error("late");
        },
      } as unknown as PromiseLike<number>;
      expect(wait(throwing)).toBe(1);
      const failing = {
        then(): never {
          throw new RangeError("at once");
        },
      } as unknown as PromiseLike<number>;
      expect(thrownBy(() => wait(failing))).toBeInstanceOf(RangeError);
      // oxlint-enable unicorn/no-thenable
    }),
  );

  it(
    "a thenable that gives a promise: its value, as with await",
    green(() => {
      // oxlint-disable-next-line unicorn/no-thenable -- that is what is tested
      const nested = { then: (yes: (v: Promise<number>) => void) => yes(later(6)) } as PromiseLike<
        Promise<number>
      >;
      expect(wait(nested)).toBe(6);
    }),
  );

  it(
    "takes a greenlet",
    green(() => {
      expect(
        wait(
          spawn(() => {
            sleep(1);
            return 9;
          }),
        ),
      ).toBe(9);
    }),
  );

  it(
    "throws what the promise was rejected with, whatever that is",
    green(() => {
      for (const reason of [undefined, null, 0, "text", { code: 1 }]) {
        let thrown: unknown = "nothing";
        try {
          wait(Promise.reject(reason));
        } catch (error) {
          thrown = error;
        }
        expect(thrown).toBe(reason);
      }
    }),
  );

  it(
    "adds the stack of who waited to that of the error, and keeps the error's own",
    green(() => {
      function bearer(): Error {
        return new TypeError("born elsewhere");
      }
      function waiting(): void {
        wait(Promise.reject(bearer()));
      }
      const error = thrownBy(waiting) as Error;
      expect(error).toBeInstanceOf(TypeError);
      expect(error.stack).toMatch(
        /TypeError: born elsewhere\n +at bearer[^]*waited for[^]*at waiting/,
      );
    }),
  );

  it(
    "throws errors whose stack cannot be written, too",
    green(() => {
      const frozen = Object.freeze(new Error("frozen"));
      expect(thrownBy(() => wait(Promise.reject(frozen)))).toBe(frozen);
      const readOnly = Object.defineProperty(new Error("read-only"), "stack", { value: "mine" });
      expect(thrownBy(() => wait(Promise.reject(readOnly)))).toBe(readOnly);
      const stackless = Object.assign(new Error("none"), { stack: undefined });
      expect(thrownBy(() => wait(Promise.reject(stackless)))).toBe(stackless);
    }),
  );

  it(
    "gives up after its timeout, and ignores what comes later",
    green(() => {
      let tell!: (value: string) => void;
      const promise = new Promise<string>((resolve) => (tell = resolve));
      const error = thrownBy(() => wait(promise, { timeout: 1 })) as Timeout;
      tell("late");
      expect(error).toBeInstanceOf(Timeout);
      expect(error.message).toBe("wait timed out after 1 ms");
      expect(error.ms).toBe(1);
      expect(thrownBy(() => wait(never, { timeout: 0 }))).toBeInstanceOf(Timeout);
      expect(wait(later(1), { timeout: null })).toBe(1);
      expect(wait(later(1), { timeout: Infinity })).toBe(1);
    }),
  );

  it(
    "a rejection after the timeout is not an unhandled one",
    green(() => {
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on("unhandledRejection", listener);
      let fail!: (reason: Error) => void;
      const late = new Promise((_, reject) => (fail = reject));
      expect(thrownBy(() => wait(late, { timeout: 1 }))).toBeInstanceOf(Timeout);
      fail(new Error("late"));
      sleep(15); // ticks and microtasks have run: Node has told of what nobody handled
      process.off("unhandledRejection", listener);
      expect(unhandled).toEqual([]);
    }),
  );

  it(
    "throws the signal's reason, also when it is aborted already; the listener is gone afterwards",
    green(() => {
      const controller = new AbortController();
      const { signal } = controller;
      wait(later(1), { signal });
      expect(getEventListeners(signal, "abort").length).toBe(0);
      const reason = new Error("stop");
      setTimeout(() => controller.abort(reason), 1);
      expect(thrownBy(() => wait(never, { signal }))).toBe(reason);
      expect(getEventListeners(signal, "abort").length).toBe(0);
      expect(thrownBy(() => wait(never, { signal }))).toBe(reason);
      expect((thrownBy(() => wait(never, { signal: AbortSignal.abort() })) as Error).name).toBe(
        "AbortError",
      );
      expect((thrownBy(() => wait(never, { signal: AbortSignal.timeout(2) })) as Error).name).toBe(
        "TimeoutError",
      );
    }),
  );

  it(
    "many may wait with one signal, without a warning",
    green(() => {
      const warnings: string[] = [];
      const listener = (warning: Error): void => void warnings.push(warning.name);
      process.on("warning", listener);
      const controller = new AbortController();
      const all = Array.from({ length: 100 }, () =>
        spawn(() => thrownBy(() => wait(never, { signal: controller.signal }))),
      );
      sleep(2);
      controller.abort("all");
      for (const g of all) expect(g.get()).toBe("all");
      process.off("warning", listener);
      expect(warnings).toEqual([]);
    }),
  );

  it(
    "is interrupted by kill, and the promise goes on",
    green(() => {
      let settled = false;
      const work = later(1, 5).then(() => (settled = true));
      const g = spawn(() => wait(work));
      sleep(0);
      g.kill();
      expect(g.successful).toBe(true);
      wait(work);
      expect(settled).toBe(true);
    }),
  );

  it(
    "refuses a negative timeout",
    green(() => {
      expect(thrownBy(() => wait(later(1), { timeout: -1 }))).toBeInstanceOf(RangeError);
    }),
  );

  it("on the hub: an error that names the call, for whatever would block", async () => {
    const error = thrownBy(awaitsForever) as BlockingSwitchOutError;
    expect(error).toBeInstanceOf(BlockingSwitchOutError);
    expect(error.message).toMatch(/^wait cannot block here/);
    await null;
    expect(thrownBy(awaitsForever)).toBeInstanceOf(BlockingSwitchOutError);
  });
});
