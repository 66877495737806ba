import { expect, it } from "vitest";
import { Stopwatch } from "../src/stopwatch.js";

it("Stopwatch adds up what it times, however that ends, and nothing else", () => {
  const watch = new Stopwatch();
  const work = (ms: number): void => {
    for (const until = performance.now() + ms; performance.now() < until;);
  };
  watch.time(() => work(20));
  expect(() =>
    watch.time(() => {
      work(20);
      throw new Error("x");
    }),
  ).toThrow("x");
  const timed = watch.ms;
  work(20);
  expect(watch.ms).toBe(timed);
  expect(timed).toBeGreaterThanOrEqual(40);
});
