import { describe, expect, it } from "vitest";
import { ENDED, Steps } from "../../src/blocking-call.js";
import { thrownBy } from "@greenlit/testing";

/** Counts up to `end`, and tells how often it was left. */
function counting(end: number): { steps: Steps<number>; calls: () => number; left: () => number } {
  let [calls, left] = [0, 0];
  const step = (): IteratorResult<number, undefined> =>
    ++calls > end ? ENDED : { done: false, value: calls };
  return { steps: new Steps(step, () => left++), calls: () => calls, left: () => left };
}

describe("Steps", () => {
  it("iterates until a step ends, and asks no more after that", () => {
    const { steps, calls, left } = counting(3);
    expect([...steps]).toEqual([1, 2, 3]);
    expect(steps.next()).toEqual({ done: true, value: undefined });
    expect([...steps]).toEqual([]);
    expect([calls(), left()]).toEqual([4, 1]);
  });

  it("is left once when the loop is", () => {
    const { steps, calls, left } = counting(3);
    for (const one of steps) if (one === 2) break;
    expect([...steps]).toEqual([]);
    expect([calls(), left()]).toEqual([2, 1]);
  });

  it("has ended after an error", () => {
    let left = 0;
    const failure = new Error("no more");
    const steps = new Steps<number>(
      () => {
        throw failure;
      },
      () => left++,
    );
    expect(thrownBy(() => steps.next())).toBe(failure);
    expect(steps.next().done).toBe(true);
    expect(left).toBe(1);
  });
});
