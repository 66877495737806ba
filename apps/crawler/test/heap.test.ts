import { describe, expect, it } from "vitest";
import { Heap } from "../src/heap.js";

describe("Heap", () => {
  it("gives items by time, those of one time in the order they came", () => {
    const heap = new Heap<number>();
    const times = Array.from({ length: 1_000 }, (_, i) => (i * 7919) % 101);
    times.forEach((at, item) => heap.push(at, item));
    const expected = times
      .map((at, item) => ({ at, item }))
      .sort((a, b) => a.at - b.at || a.item - b.item);
    const items: number[] = [];
    for (let item = heap.popUntil(Infinity); item !== undefined; item = heap.popUntil(Infinity)) {
      items.push(item);
    }
    expect(items).toEqual(expected.map(({ item }) => item));
  });

  it("gives nothing before its time", () => {
    const heap = new Heap<string>();
    expect(heap.nextAt).toBe(Infinity);
    heap.push(5, "five");
    heap.push(3, "three");
    expect(heap.nextAt).toBe(3);
    expect(heap.popUntil(2.9)).toBe(undefined);
    expect(heap.popUntil(3)).toBe("three");
    expect(heap.popUntil(4)).toBe(undefined);
    expect(heap.size).toBe(1);
  });
});
