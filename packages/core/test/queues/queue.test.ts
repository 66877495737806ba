import { describe, expect, expectTypeOf, it } from "vitest";
import {
  BlockingSwitchOutError,
  Event,
  GreenlitError,
  joinAll,
  Queue,
  QueueShutDown,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { green, thrownBy } from "@greenlit/testing";

describe("items", () => {
  it("come out in the order they went in", () => {
    const queue = new Queue<number>();
    expectTypeOf(queue.get).returns.toEqualTypeOf<number>();
    for (let i = 0; i < 100; i++) queue.put(i);
    expect([queue.size, queue.empty, queue.full, queue.maxSize]).toEqual([
      100,
      false,
      false,
      Infinity,
    ]);
    for (let i = 0; i < 100; i++) expect(queue.get()).toBe(i);
    expect([queue.size, queue.empty]).toEqual([0, true]);
  });

  it(
    "may be undefined",
    green(() => {
      const queue = new Queue<undefined>(1);
      queue.put(undefined);
      expect(queue.size).toBe(1);
      expect(queue.get()).toBe(undefined);
      const g = spawn(() => [queue.get()]);
      sleep(0);
      queue.put(undefined);
      expect(g.get()).toEqual([undefined]);
    }),
  );

  it(
    "are dealt with: who joins again and again lets others have their turn",
    green(() => {
      const queue = new Queue();
      let turns = 0;
      const other = spawn(() => {
        for (; turns < 3; turns++) sleep(0);
      });
      for (let n = 0; turns < 3 && n < 10_000_000; n++) queue.join();
      expect(turns).toBe(3);
      other.join();
    }),
  );

  it("a size must be a whole number from 1 on", () => {
    for (const wrong of [0, -1, 1.5, Number.NaN])
      expect(() => new Queue(wrong)).toThrow(RangeError);
  });
});

describe("fairness", () => {
  it(
    "getters are served in the order they came",
    green(() => {
      const queue = new Queue<number>();
      const getters = [0, 1, 2, 3].map(() => spawn(() => queue.get()));
      sleep(0);
      for (let i = 0; i < 4; i++) queue.put(i);
      expect(getters.map((g) => g.get())).toEqual([0, 1, 2, 3]);
    }),
  );

  it(
    "an item is handed over: a get right after the put does not overtake",
    green(() => {
      const queue = new Queue<string>();
      const first = spawn(() => queue.get());
      sleep(0);
      queue.put("a");
      expect(queue.empty).toBe(true);
      const second = spawn(() => queue.get());
      queue.put("b");
      expect([first.get(), second.get()]).toEqual(["a", "b"]);
    }),
  );

  it(
    "putters are served in the order they came, and their items keep it",
    green(() => {
      const queue = new Queue<number>(2);
      const done: number[] = [];
      const putters = [0, 1, 2, 3, 4, 5].map((i) =>
        spawn(() => {
          queue.put(i);
          done.push(i);
        }),
      );
      sleep(0);
      expect([done, queue.size, queue.full]).toEqual([[0, 1], 2, true]);
      const got = [0, 1, 2, 3, 4, 5].map(() => {
        const item = queue.get();
        expect(queue.size).toBeLessThanOrEqual(2);
        return item;
      });
      joinAll(putters);
      expect([got, done]).toEqual([
        [0, 1, 2, 3, 4, 5],
        [0, 1, 2, 3, 4, 5],
      ]);
    }),
  );

  it(
    "who gets and puts at once does not overtake a putter that waits",
    green(() => {
      const queue = new Queue<string>(1);
      queue.put("a");
      const waiting = spawn(() => queue.put("b"));
      sleep(0);
      expect(queue.get()).toBe("a");
      const greedy = spawn(() => queue.put("c"));
      expect([queue.get(), queue.get()]).toEqual(["b", "c"]);
      joinAll([waiting, greedy]);
    }),
  );
});

describe("an interrupted call", () => {
  it(
    "get: loses nothing, and leaves no trace",
    green(() => {
      const queue = new Queue<string>();
      const controller = new AbortController();
      const all = [
        spawn(() => thrownBy(() => queue.get({ timeout: 1 }))),
        spawn(() => thrownBy(() => queue.get({ signal: controller.signal }))),
        spawn(() => queue.get()),
      ] as const;
      sleep(0);
      all[2].kill();
      controller.abort("no");
      expect(all[0].get()).toBeInstanceOf(Timeout);
      expect(all[1].get()).toBe("no");
      queue.put("item");
      expect(queue.size).toBe(1);
      expect(queue.get()).toBe("item");
    }),
  );

  it(
    "put: the item has not been put",
    green(() => {
      const queue = new Queue<string>(1);
      queue.put("a");
      const controller = new AbortController();
      const all = [
        spawn(() => thrownBy(() => queue.put("b", { timeout: 1 }))),
        spawn(() => thrownBy(() => queue.put("c", { signal: controller.signal }))),
        spawn(() => queue.put("d")),
        spawn(() => queue.put("e")),
      ] as const;
      sleep(0);
      all[2].kill();
      controller.abort("no");
      expect(all[0].get()).toBeInstanceOf(Timeout);
      expect(all[1].get()).toBe("no");
      expect([queue.get(), queue.get(), queue.empty]).toEqual(["a", "e", true]);
      all[3].join();
    }),
  );

  it(
    "an item handed to a getter that is killed before it runs is returned by its get",
    green(() => {
      const queue = new Queue<string>();
      const got: string[] = [];
      const g = spawn(() => {
        got.push(queue.get());
        sleep(10_000);
      });
      sleep(0);
      queue.put("item");
      g.kill();
      expect(got).toEqual(["item"]);
    }),
  );

  it(
    "on the hub: get of an empty and put into a full one are errors, others work",
    green(() => {
      const queue = new Queue<number>(1);
      const errors: unknown[] = [];
      const tried = new Event();
      setImmediate(() => {
        errors.push(thrownBy(() => queue.get()));
        queue.put(1);
        errors.push(thrownBy(() => queue.put(2)));
        errors.push(queue.get());
        tried.set();
      });
      tried.wait();
      expect(errors[0]).toBeInstanceOf(BlockingSwitchOutError);
      expect(errors[1]).toBeInstanceOf(BlockingSwitchOutError);
      expect([errors[2], queue.size]).toEqual([1, 0]);
    }),
  );
});

describe("taskDone and join", () => {
  it(
    "join waits until every item that was put is dealt with",
    green(() => {
      const queue = new Queue<number>(2);
      const done: number[] = [];
      const worker = spawn(() => {
        for (const item of queue) {
          sleep(1);
          done.push(item);
          queue.taskDone();
        }
      });
      for (let i = 0; i < 5; i++) queue.put(i);
      expect(queue.join({ timeout: 0 })).toBe(false);
      expect(queue.join()).toBe(true);
      expect(done).toEqual([0, 1, 2, 3, 4]);
      expect(queue.join()).toBe(true);
      queue.shutdown();
      worker.join();
    }),
  );

  it("taskDone without a task is an error", () => {
    const queue = new Queue<number>();
    const error = thrownBy(() => queue.taskDone()) as GreenlitError;
    expect(error).toBeInstanceOf(GreenlitError);
    expect(error.code).toBe("ERR_GREENLIT_TASK_DONE");
    queue.put(1);
    queue.taskDone();
    expect(() => queue.taskDone()).toThrow(GreenlitError);
  });

  it(
    "an item whose put was interrupted is not waited for",
    green(() => {
      const queue = new Queue<number>(1);
      queue.put(1);
      thrownBy(() => queue.put(2, { timeout: 1 }));
      queue.get();
      queue.taskDone();
      expect(queue.join({ timeout: 100 })).toBe(true);
    }),
  );
});

describe("shutdown", () => {
  it(
    "graceful: what is in comes out, then get throws; put throws at once",
    green(() => {
      const queue = new Queue<number>();
      queue.put(1);
      queue.put(2);
      queue.shutdown();
      expect(thrownBy(() => queue.put(3))).toBeInstanceOf(QueueShutDown);
      expect([queue.get(), queue.get()]).toEqual([1, 2]);
      expect((thrownBy(() => queue.get()) as QueueShutDown).code).toBe(
        "ERR_GREENLIT_QUEUE_SHUT_DOWN",
      );
      queue.shutdown();
    }),
  );

  it(
    "raises in all who wait, on either side",
    green(() => {
      const empty = new Queue<number>();
      const full = new Queue<number>(1);
      full.put(0);
      const getters = [1, 2].map(() => spawn(() => thrownBy(() => empty.get())));
      const putters = [1, 2].map((i) => spawn(() => thrownBy(() => full.put(i))));
      sleep(0);
      empty.shutdown();
      full.shutdown();
      for (const g of [...getters, ...putters]) expect(g.get()).toBeInstanceOf(QueueShutDown);
      expect(full.get()).toBe(0);
      expect(full.size).toBe(0);
    }),
  );

  it(
    "immediate: what is in is thrown away, and join no longer waits for it",
    green(() => {
      const queue = new Queue<number>();
      queue.put(1);
      queue.put(2);
      queue.put(3);
      queue.get();
      const joining = spawn(() => queue.join());
      sleep(0);
      queue.shutdown({ immediate: true });
      expect(queue.size).toBe(0);
      expect(thrownBy(() => queue.get())).toBeInstanceOf(QueueShutDown);
      sleep(0);
      expect(joining.dead).toBe(false); // one was taken, and is still at work
      queue.taskDone();
      expect(joining.get()).toBe(true);
    }),
  );

  it(
    "immediate after graceful throws the rest away",
    green(() => {
      const queue = new Queue<number>();
      queue.put(1);
      queue.shutdown();
      queue.shutdown({ immediate: true });
      expect(thrownBy(() => queue.get())).toBeInstanceOf(QueueShutDown);
      expect(queue.join()).toBe(true);
    }),
  );

  it(
    "ends iteration when the queue is empty",
    green(() => {
      const queue = new Queue<number>();
      const got: number[] = [];
      const consumers = [1, 2, 3].map(() =>
        spawn(() => {
          for (const item of queue) got.push(item);
          return "ended";
        }),
      );
      for (let i = 0; i < 10; i++) queue.put(i);
      queue.shutdown();
      expect(joinAll(consumers).map((g) => g.value)).toEqual(["ended", "ended", "ended"]);
      expect(got.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
      expect([...queue]).toEqual([]);
    }),
  );

  it(
    "iteration lets errors of the body and of other queues pass, and goes on where it was left",
    green(() => {
      const queue = new Queue<number>();
      const other = new Queue<number>();
      other.shutdown();
      queue.put(1);
      queue.put(2);
      queue.put(3);
      const body = (): void => {
        for (const _ of queue) other.get();
      };
      expect(thrownBy(body)).toBeInstanceOf(QueueShutDown);
      for (const item of queue) {
        expect(item).toBe(2);
        break;
      }
      expect(queue.size).toBe(1);
    }),
  );
});
