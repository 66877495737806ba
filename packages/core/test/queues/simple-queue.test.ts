import { expect, it } from "vitest";
import { Queue, SimpleQueue, sleep, spawn } from "../../src/index.js";
import { green, turns } from "@greenlit/testing";

it(
  "is a Queue without taskDone and join",
  green(() => {
    const queue = new SimpleQueue<number>(1);
    expect("join" in queue || "taskDone" in queue).toBe(false);
    expect(new Queue()).toBeInstanceOf(SimpleQueue);
    const producer = spawn(() => {
      for (let i = 0; i < 5; i++) queue.put(i);
      queue.shutdown();
    });
    expect([...queue]).toEqual([0, 1, 2, 3, 4]);
    producer.get();
  }),
);

it("tells who is linked, once, that there is something", async () => {
  const queue = new SimpleQueue<number>();
  const seen: unknown[] = [];
  const link = (q: SimpleQueue<number>): void => void seen.push(q.size);
  queue.link(link);
  await turns(2);
  expect(seen).toEqual([]);
  queue.put(1);
  queue.put(2);
  await turns(2);
  expect(seen).toEqual([2]);
  queue.link(link); // ready now
  queue.link(link);
  queue.unlink(link);
  await turns(2);
  expect(seen).toEqual([2, 2]);
});

it(
  "a getter that takes the item leaves nothing to tell",
  green(() => {
    const queue = new SimpleQueue<number>();
    let told = 0;
    queue.link(() => told++);
    const getter = spawn(() => queue.get());
    sleep(0);
    queue.put(1);
    getter.get();
    sleep(1);
    expect(told).toBe(0);
  }),
);
