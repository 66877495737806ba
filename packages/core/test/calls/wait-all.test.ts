import { describe, expect, it } from "vitest";
import {
  AsyncResult,
  Channel,
  Event,
  type Greenlet,
  iwait,
  Queue,
  Semaphore,
  sleep,
  spawn,
  spawnLater,
  waitAll,
} from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("waitAll", () => {
  it(
    "gives all kinds of things in the order in which they become ready, and takes nothing from them",
    green(() => {
      const event = new Event();
      const result = new AsyncResult<number>();
      const semaphore = new Semaphore(0);
      const queue = new Queue<number>();
      const channel = new Channel<string>();
      let resolve = (): void => {};
      const promise = new Promise<void>((yes) => (resolve = yes));
      const rejected = Promise.reject(new Error("nobody asks"));
      const greenlet = spawn(() => sleep(1));
      const acts = spawn(() => {
        greenlet.join();
        for (const act of [
          () => (event.set(), event.clear()),
          () => result.setException(new Error("kept")),
          () => semaphore.release(),
          () => queue.put(1),
          () => resolve(),
          () => channel.send("x"),
        ]) {
          sleep(1);
          act();
        }
      });
      const things = [promise, channel, queue, semaphore, result, event, greenlet, rejected];
      const order = waitAll(things);
      expect(order.map((thing) => things.indexOf(thing))).toEqual([7, 6, 5, 4, 3, 2, 0, 1]);
      expect([semaphore.free, queue.get(), channel.receive()]).toEqual([1, 1, "x"]);
      acts.get();
    }),
  );

  it(
    "stops after count, or when the time is up",
    green(() => {
      const mayEnd = [new Event(), new Event(), new Event()] as const;
      const all = mayEnd.map((event) => spawn(() => event.wait()) as Greenlet);
      const [slow, quick, middle] = all as [Greenlet, Greenlet, Greenlet];
      const names = (some: Greenlet[]): string[] => some.map((g) => g.name);
      mayEnd[1].set();
      expect(names(waitAll(all, { count: 1 }))).toEqual([quick.name]);
      mayEnd[2].set();
      middle.join();
      expect(names(waitAll(all, { timeout: 5 })).sort()).toEqual([quick.name, middle.name].sort());
      expect(waitAll(all, { count: 0 })).toEqual([]);
      expect(waitAll([])).toEqual([]);
      mayEnd[0].set();
      expect(names(waitAll([slow, slow]))).toEqual([slow.name]);
    }),
  );

  it(
    "an abandoned iwait leaves no trace",
    green(() => {
      const event = new Event();
      const slow = spawnLater(10_000, () => {});
      const first = spawn(() => 1);
      for (const thing of iwait([slow, event, first])) {
        expect(thing).toBe(first);
        break;
      }
      event.set();
      slow.kill();
      sleep(1);
      const links = Reflect.get(event, "links") as { oldest: Map<unknown, unknown> };
      expect(links.oldest.size).toBe(0);
    }),
  );

  it(
    "refuses what cannot be waited for",
    green(() => {
      expect(() => waitAll([new Event(), 5 as unknown as Event])).toThrow(/objects\[1\] .*, not 5/);
      expect(() => waitAll([], { timeout: -1 })).toThrow(RangeError);
      expect(() => waitAll([new Event()], { count: -1 })).toThrow(RangeError);
      const controller = new AbortController();
      const reason = new Error("stop");
      setTimeout(() => controller.abort(reason), 2);
      expect(thrownBy(() => waitAll([new Event()], { signal: controller.signal }))).toBe(reason);
    }),
  );
});
