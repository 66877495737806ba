import { describe, expect, expectTypeOf, it } from "vitest";
import { sleep, Timeout, wait, withTimeout } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("withTimeout", () => {
  it(
    "returns the value, or throws the error, of the function",
    green(() => {
      expect(withTimeout(100, () => 1)).toBe(1);
      expect(withTimeout(null, () => 2)).toBe(2);
      const error = new Error("x");
      const failing = (): number => {
        throw error;
      };
      expect(thrownBy(() => withTimeout(100, failing))).toBe(error);
      expect(thrownBy(() => withTimeout(100, failing, 5))).toBe(error);
      expectTypeOf(withTimeout(100, () => 1)).toEqualTypeOf<number>();
    }),
  );

  it(
    "throws the Timeout, or returns the fallback, undefined too",
    green(() => {
      const slow = (): string => {
        sleep(10_000);
        return "value";
      };
      expect(thrownBy(() => withTimeout(1, slow))).toBeInstanceOf(Timeout);
      expect(withTimeout(1, slow, "fallback")).toBe("fallback");
      expect(withTimeout(1, slow, undefined)).toBe(undefined);
      expect(withTimeout(0, slow, "fallback")).toBe("fallback");
    }),
  );

  it(
    "does not take the function's own timeouts for its own",
    green(() => {
      const inner = thrownBy(() =>
        withTimeout(60_000, () => wait(new Promise(() => {}), { timeout: 1 }), "fallback"),
      );
      expect(inner).toBeInstanceOf(Timeout);
    }),
  );

  it(
    "lets finally blocks of the function run",
    green(() => {
      const order: string[] = [];
      withTimeout(
        1,
        () => {
          try {
            sleep(10_000);
          } finally {
            order.push("finally");
          }
        },
        undefined,
      );
      expect(order).toEqual(["finally"]);
    }),
  );

  it("types: a fallback may be of another type", () => {
    const check = (): void => {
      expectTypeOf(withTimeout(1, () => sleep(1), "late")).toEqualTypeOf<string | void>();
      expectTypeOf(withTimeout(1, () => 5, null)).toEqualTypeOf<number | null>();
      expectTypeOf(withTimeout(null, () => ({ x: 1 }), undefined)).toEqualTypeOf<
        { x: number } | undefined
      >();
      expectTypeOf(withTimeout(1, () => 5)).toEqualTypeOf<number>();
      expectTypeOf(withTimeout<unknown>(1, () => 5, "late")).toEqualTypeOf<unknown>();
    };
    expect(check).toBeTypeOf("function");
  });

  it(
    "its error says where the greenlet was, not where the limit was set",
    green(() => {
      function deep(): void {
        sleep(60_000);
      }
      function work(): void {
        deep();
      }
      const frames = (fn: () => unknown): string[] =>
        ((thrownBy(fn) as Error).stack as string).split("\n");
      expect(frames(() => withTimeout(1, work)).slice(0, 3)).toEqual([
        "Timeout: timed out after 1 ms",
        expect.stringMatching(/^ {4}at deep .*with-timeout\.test\.ts:\d+/),
        expect.stringMatching(/^ {4}at work /),
      ]);
      // One that is due while the greenlet runs is thrown at its next call that waits.
      function busy(): void {
        for (const end = performance.now() + 5; performance.now() < end;);
        deep();
      }
      expect(frames(() => withTimeout(1, busy))[1]).toMatch(/^ {4}at deep /);
    }),
  );
});
