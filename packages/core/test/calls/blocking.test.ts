import { expect, it } from "vitest";
import { Readable } from "node:stream";
import { blocking, sleep, spawn, Timeout } from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

async function* numbers(log: string[], count: number): AsyncGenerator<number> {
  try {
    for (let i = 0; i < count; i++) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      yield i;
    }
  } finally {
    await new Promise((resolve) => setImmediate(resolve));
    log.push("closed");
  }
}

it(
  "iterates over what is asynchronous while others run",
  green(() => {
    const log: string[] = [];
    let others = 0;
    const other = spawn(() => {
      for (; others < 3; others++) sleep(0);
    });
    expect([...blocking(numbers(log, 4))]).toEqual([0, 1, 2, 3]);
    expect([others, log]).toEqual([3, ["closed"]]);
    other.get();
    expect([...blocking(Readable.from(["a", "b"]))]).toEqual(["a", "b"]);
  }),
);

it(
  "leaving early closes the source, and waits for that",
  green(() => {
    const log: string[] = [];
    for (const n of blocking(numbers(log, 100))) if (n === 2) break;
    expect(log).toEqual(["closed"]);
  }),
);

it(
  "throws the source's error, and Timeout for an item that takes too long",
  green(() => {
    const boom = new Error("boom");
    async function* fails(): AsyncGenerator<number> {
      yield 1;
      throw boom;
    }
    const seen: number[] = [];
    expect(
      thrownBy(() => {
        for (const n of blocking(fails())) seen.push(n);
      }),
    ).toBe(boom);
    expect(seen).toEqual([1]);
    const never: AsyncIterable<number> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
    };
    expect(thrownBy(() => [...blocking(never, { timeout: 2 })])).toBeInstanceOf(Timeout);
  }),
);
