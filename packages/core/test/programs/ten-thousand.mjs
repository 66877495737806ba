// Ten thousand greenlets at once: asleep, at an event, at one queue, at a semaphore; all wake, in
// order, and nothing is left.
import {
  Event,
  getHub,
  joinAll,
  killAll,
  Queue,
  run,
  Semaphore,
  sleep,
  spawn,
  Timeout,
} from "@greenlit/core";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const COUNT = scaled(10_000);
const range = Array.from({ length: COUNT }, (_, i) => i);
const inOrder = (numbers) => numbers.every((number, i) => i === 0 || numbers[i - 1] < number);

await run(() => {
  const slept = range.map((i) =>
    spawn(() => {
      sleep(i % 50);
      return i;
    }),
  );
  same(joinAll(slept).length, COUNT, "sleepers");
  check(
    slept.every((g, i) => g.value === i),
    "each its own value",
  );

  const event = new Event();
  const order = [];
  const waiting = range.map((i) =>
    spawn(() => {
      event.wait();
      order.push(i);
    }),
  );
  sleep(0);
  same(getHub().greenlets().length, COUNT + 1, "parked");
  event.set();
  joinAll(waiting);
  same(order.length, COUNT, "woken");
  check(inOrder(order), "in the order they came");

  const queue = new Queue(100);
  const got = [];
  const consumers = range.map(() => spawn(() => got.push(queue.get())));
  for (const i of range) queue.put(i);
  joinAll(consumers);
  same(got.length, COUNT, "items");
  check(inOrder(got), "in order");

  const semaphore = new Semaphore(10);
  let inside = 0;
  let most = 0;
  joinAll(
    range.map(() =>
      spawn(() => {
        holding(semaphore, () => {
          most = Math.max(most, ++inside);
          sleep(0);
          inside--;
        });
      }),
    ),
  );
  same([most, inside, semaphore.free], [10, 0, 10], "permits");

  let timeouts = 0;
  joinAll(
    range.map(() =>
      spawn(() => {
        const deadline = new Timeout(1);
        try {
          new Event().wait();
        } catch (error) {
          if (error === deadline) timeouts++;
        }
      }),
    ),
  );
  same(timeouts, COUNT, "deadlines");

  let cleaned = 0;
  const victims = range.map(() =>
    spawn(() => {
      try {
        sleep(1e6);
      } finally {
        cleaned++;
      }
    }),
  );
  sleep(0);
  killAll(victims);
  same(cleaned, COUNT, "finally blocks");
});
same(getHub().greenlets().length, 0, "nothing is left");
pass(10);

function holding(semaphore, fn) {
  semaphore.acquire();
  try {
    fn();
  } finally {
    semaphore.release();
  }
}
