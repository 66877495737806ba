import { expect, it } from "vitest";
import { Ids } from "../../src/collections/ids.js";

it("counts from 1 and hands out again what was given back", () => {
  const ids = new Ids();
  expect([ids.take(), ids.take(), ids.take()]).toEqual([1, 2, 3]);
  ids.giveBack(2);
  expect(ids.take()).toBe(2);
  expect(ids.take()).toBe(4);
});

it("never hands out a number twice while it is taken", () => {
  const ids = new Ids();
  const taken = new Set<number>();
  for (let i = 0; i < 10_000; i++) {
    const id = ids.take();
    expect(taken.has(id)).toBe(false);
    taken.add(id);
    if (i % 3 === 0) {
      const [first] = taken;
      taken.delete(first as number);
      ids.giveBack(first as number);
    }
  }
  expect(Math.max(...taken)).toBeLessThanOrEqual(taken.size + 1);
});
