import { expect, it } from "vitest";
import { Heap } from "../../src/collections/heap.js";
import { random } from "../support/random.js";

it("gives the least first, through any mix of pushes and shifts", () => {
  const heap = new Heap<{ key: number; n: number }>((a, b) => a.key - b.key);
  const model: { key: number; n: number }[] = [];
  const pick = random(11);
  for (let n = 0; n < 5000; n++) {
    if (pick(5) < 3) {
      const item = { key: Math.floor(pick(50)), n };
      heap.push(item);
      model.push(item);
    } else {
      model.sort((a, b) => a.key - b.key || a.n - b.n);
      expect(heap.peek()).toBe(model[0]);
      expect(heap.shift()).toBe(model.shift());
    }
    expect(heap.length).toBe(model.length);
  }
});
