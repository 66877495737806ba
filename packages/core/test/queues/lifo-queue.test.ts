import { expect, it } from "vitest";
import { LifoQueue, Queue, sleep, spawn } from "../../src/index.js";
import { green } from "@greenlit/testing";

it(
  "gives the newest item first, and is a Queue in all else",
  green(() => {
    const queue = new LifoQueue<number>(3);
    expect(queue).toBeInstanceOf(Queue);
    for (const n of [1, 2, 3]) queue.put(n);
    const putter = spawn(() => queue.put(4));
    sleep(0);
    expect(queue.full).toBe(true);
    expect(queue.get()).toBe(3);
    expect([queue.get(), queue.get(), queue.get()]).toEqual([4, 2, 1]);
    putter.get();
    for (let i = 0; i < 4; i++) queue.taskDone();
    expect(queue.join()).toBe(true);
    const getter = spawn(() => queue.get());
    sleep(0);
    queue.put(9);
    expect(getter.get()).toBe(9);
  }),
);
