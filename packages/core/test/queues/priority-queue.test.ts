import { expect, it } from "vitest";
import { PriorityQueue, Queue, sleep, spawn } from "../../src/index.js";
import { random } from "../support/random.js";
import { green } from "@greenlit/testing";

it("gives the least item first, equal ones in the order they came", () => {
  const queue = new PriorityQueue<[number, string]>(Infinity, ([a], [b]) => a - b);
  expect(queue).toBeInstanceOf(Queue);
  for (const item of [
    [2, "a"],
    [1, "b"],
    [2, "c"],
    [1, "d"],
    [0, "e"],
  ] as [number, string][])
    queue.put(item);
  expect(Array.from({ length: 5 }, () => queue.get()[1]).join("")).toBe("ebdac");
});

it("orders by < unless told otherwise", () => {
  const queue = new PriorityQueue<number>();
  const pick = random(3);
  const items = Array.from({ length: 1000 }, () => Math.floor(pick(300)));
  for (const item of items) queue.put(item);
  const out = Array.from(items, () => queue.get());
  expect(out).toEqual(items.sort((a, b) => a - b));
});

it(
  "puts what waited to be put in its place",
  green(() => {
    const queue = new PriorityQueue<number>(2);
    queue.put(5);
    queue.put(3);
    const putters = [4, 1].map((n) => spawn(() => queue.put(n)));
    sleep(0);
    expect(Array.from({ length: 4 }, () => queue.get())).toEqual([3, 4, 1, 5]);
    for (const putter of putters) putter.get();
  }),
);
