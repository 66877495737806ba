import { describe, expect, expectTypeOf, it } from "vitest";
import {
  AsyncResult,
  InvalidSwitchError,
  joinAll,
  sleep,
  spawn,
  Timeout,
  wait,
} from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("AsyncResult", () => {
  it(
    "gives its value to all who wait and all who come later",
    green(() => {
      const result = new AsyncResult<number>();
      expectTypeOf(result.get).returns.toEqualTypeOf<number>();
      const all = [1, 2, 3].map(() => spawn(() => result.get()));
      const waiting = spawn(() => result.wait());
      sleep(0);
      expect([result.ready, result.successful, result.value]).toEqual([false, false, undefined]);
      result.set(5);
      expect([result.ready, result.successful, result.value, result.exception]).toEqual([
        true,
        true,
        5,
        undefined,
      ]);
      expect(joinAll(all).map((g) => g.value)).toEqual([5, 5, 5]);
      expect(waiting.get()).toBe(true);
      expect([result.get(), result.wait()]).toEqual([5, true]);
    }),
  );

  it(
    "throws its error in all who get, not in those who only wait",
    green(() => {
      const result = new AsyncResult<number>();
      const error = new Error("x");
      const getting = spawn(() => thrownBy(() => result.get()));
      const waiting = spawn(() => result.wait());
      sleep(0);
      result.setException(error);
      expect([result.ready, result.successful, result.value, result.exception]).toEqual([
        true,
        false,
        undefined,
        error,
      ]);
      expect([getting.get(), waiting.get(), thrownBy(() => result.get())]).toEqual([
        error,
        true,
        error,
      ]);
    }),
  );

  it("undefined is a value, and an error", async () => {
    const value = new AsyncResult<undefined>();
    value.set(undefined);
    expect([value.ready, value.get()]).toEqual([true, undefined]);
    const error = new AsyncResult();
    error.setException(undefined);
    expect(error.successful).toBe(false);
    expect(await error.promise.catch((reason: unknown) => [reason])).toEqual([undefined]);
  });

  it("is set once", () => {
    const result = new AsyncResult<number>();
    result.set(1);
    expect(thrownBy(() => result.set(2))).toBeInstanceOf(InvalidSwitchError);
    expect(thrownBy(() => result.setException(new Error("x")))).toBeInstanceOf(InvalidSwitchError);
    expect(result.value).toBe(1);
  });

  it(
    "get throws a Timeout, wait answers false",
    green(() => {
      const result = new AsyncResult<number>();
      expect(thrownBy(() => result.get({ timeout: 1 }))).toBeInstanceOf(Timeout);
      expect(result.wait({ timeout: 1 })).toBe(false);
      expect(thrownBy(() => result.get({ signal: AbortSignal.abort("no") }))).toBe("no");
      setTimeout(() => result.set(3), 1);
      expect(result.get({ timeout: 60_000 })).toBe(3);
    }),
  );

  it("is a promise for asynchronous code, asked for before or after", async () => {
    const before = new AsyncResult<number>();
    const { promise } = before;
    expect(before.promise).toBe(promise);
    before.set(1);
    expect(await promise).toBe(1);
    const after = new AsyncResult<number>();
    after.set(2);
    expect(await after.promise).toBe(2);
    const failing = new AsyncResult<number>();
    failing.setException(new Error("x"));
    await expect(failing.promise).rejects.toThrow("x");
  });

  it(
    "an error nobody asked a promise for is no unhandled rejection",
    green(() => {
      const unhandled: unknown[] = [];
      const listener = (reason: unknown): void => void unhandled.push(reason);
      process.on("unhandledRejection", listener);
      new AsyncResult().setException(new Error("x"));
      sleep(2);
      process.off("unhandledRejection", listener);
      expect(unhandled).toEqual([]);
    }),
  );

  it(
    "can be waited for through its promise",
    green(() => {
      const result = new AsyncResult<string>();
      setImmediate(() => result.set("v"));
      expect(wait(result.promise)).toBe("v");
    }),
  );
});
