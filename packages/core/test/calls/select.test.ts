import { describe, expect, expectTypeOf, it } from "vitest";
import {
  after,
  AsyncResult,
  BlockingSwitchOutError,
  Channel,
  Event,
  type Greenlet,
  joinAll,
  Queue,
  QueueShutDown,
  select,
  Semaphore,
  sleep,
  spawn,
  Timeout,
} from "../../src/index.js";
import { random } from "../support/random.js";
import { green, thrownBy } from "@greenlit/testing";

describe("select", () => {
  it(
    "takes anything that says when it is ready, and gives that itself",
    green(() => {
      const links = new Set<(thing: never) => void>();
      const bell = {
        ready: false,
        link: (fn: (thing: never) => void) => void links.add(fn),
        unlink: (fn: (thing: never) => void) => void links.delete(fn),
      };
      spawn(() => {
        sleep(1);
        bell.ready = true;
        for (const fn of links) fn(bell as never);
      });
      const rung = select([new Event(), bell]);
      expectTypeOf(rung.value).toEqualTypeOf<true | typeof bell>();
      expect([rung.index, rung.value === bell, links.size]).toEqual([1, true, 0]);
      expect(select([bell]).value).toBe(bell);
      bell.ready = false;
      expect(thrownBy(() => select([bell], { timeout: 1 }))).toBeInstanceOf(Timeout);
      expect(links.size).toBe(0);
    }),
  );

  it(
    "takes what is ready, of every kind, and says which",
    green(() => {
      const queue = new Queue<number>();
      queue.put(7);
      const first = select([queue]);
      // Not compared as a whole: a comparison would iterate over the queue, and block.
      expect([first.index, first.value, first.source === queue]).toEqual([0, 7, true]);
      expect(queue.empty).toBe(true);

      const never = new Channel<string>();
      const event = new Event();
      event.set();
      const result = new AsyncResult<string>();
      result.set("set");
      const semaphore = new Semaphore(1);
      const greenlet = spawn(() => 42);
      greenlet.join();
      for (const [source, value] of [
        [event, true],
        [result, "set"],
        [semaphore, true],
        [greenlet, 42],
        [Promise.resolve("kept"), "kept"],
      ] as const) {
        const selected = select([never, source]);
        expect([selected.index, selected.value, selected.source === source]).toEqual([
          1,
          value,
          true,
        ]);
      }
      expect(semaphore.free).toBe(0);
    }),
  );

  it(
    "waits for each kind",
    green(() => {
      const queue = new Queue<number>();
      const channel = new Channel<string>();
      const event = new Event();
      const result = new AsyncResult<string>();
      const semaphore = new Semaphore(0);
      const slow = spawn(() => (sleep(3), "slow"));
      const cases = [
        [queue, () => queue.put(1), 1],
        [channel, () => channel.send("sent"), "sent"],
        [event, () => event.set(), true],
        [result, () => result.set("set"), "set"],
        [semaphore, () => semaphore.release(), true],
        [slow, () => {}, "slow"],
      ] as const;
      for (const [source, act, value] of cases) {
        const acting = spawn(() => {
          sleep(1);
          act();
        });
        const selected = select([new Event(), source]);
        expect([selected.index, selected.value, selected.source === source]).toEqual([
          1,
          value,
          true,
        ]);
        acting.get();
      }
      expect([queue.size, semaphore.free, channel.ready]).toEqual([0, 0, false]);
    }),
  );

  it(
    "takes exactly one: the others keep theirs",
    green(() => {
      const queues = [new Queue<number>(), new Queue<number>(), new Queue<number>()] as const;
      const waiting = spawn(() => select(queues));
      sleep(0);
      queues[2].put(2);
      queues[0].put(0);
      queues[1].put(1);
      expect(waiting.get()).toMatchObject({ index: 2, value: 2 });
      expect(queues.map((queue) => queue.size)).toEqual([1, 1, 0]);
    }),
  );

  it(
    "sends and puts, when it is their turn",
    green(() => {
      const channel = new Channel<string>();
      const queue = new Queue<string>(1);
      queue.put("full");
      const receiver = spawn(() => {
        sleep(1);
        return channel.receive();
      });
      expect(select([queue.putting("q"), channel.sending("c")])).toMatchObject({ index: 1 });
      expect(receiver.get()).toBe("c");
      expect(queue.size).toBe(1);
      const getter = spawn(() => {
        sleep(1);
        return [queue.get(), queue.get()];
      });
      expect(select([channel.sending("c"), queue.putting("q")]).index).toBe(1);
      expect(getter.get()).toEqual(["full", "q"]);
      expect(channel.ready).toBe(false);
    }),
  );

  it(
    "meets another select on both sides of a channel",
    green(() => {
      const channel = new Channel<number>();
      const other = new Channel<number>();
      const sender = spawn(() => select([other, channel.sending(5)]));
      const receiver = spawn(() => select([other, channel]));
      expect(sender.get().index).toBe(1);
      expect(receiver.get()).toMatchObject({ index: 1, value: 5 });
    }),
  );

  it(
    "ends by time: after(ms) is a source, timeout an error, 0 a look",
    green(() => {
      const channel = new Channel<number>();
      const start = performance.now();
      expect(select([channel, after(10)])).toMatchObject({ index: 1, value: undefined });
      expect(performance.now() - start).toBeGreaterThan(8);
      expect(thrownBy(() => select([channel], { timeout: 1 }))).toBeInstanceOf(Timeout);
      expect(thrownBy(() => select([channel], { timeout: 0 }))).toBeInstanceOf(Timeout);
      const sender = spawn(() => channel.send(1));
      expect(select([channel, after(60_000)])).toMatchObject({ index: 0, value: 1 });
      sender.get();
    }),
  );

  it(
    "throws what the chosen one throws",
    green(() => {
      const boom = new Error("boom");
      const failing = spawn(() => {
        sleep(1);
        throw boom;
      });
      expect(thrownBy(() => select([new Channel(), failing]))).toBe(boom);
      expect(thrownBy(() => select([new Channel(), Promise.reject(boom)]))).toBe(boom);
      const queue = new Queue();
      const waiting = spawn(() => thrownBy(() => select([queue])));
      sleep(0);
      queue.shutdown();
      expect(waiting.get()).toBeInstanceOf(QueueShutDown);
      expect(thrownBy(() => select([queue]))).toBeInstanceOf(QueueShutDown);
    }),
  );

  it(
    "of several that are ready takes any, or the first with priority",
    green(() => {
      const event = new Event();
      event.set();
      const sources = [event, event, event];
      const seen = new Set<number>();
      for (let i = 0; i < 200; i++) seen.add(select(sources).index);
      expect([...seen].sort()).toEqual([0, 1, 2]);
      for (let i = 0; i < 50; i++) expect(select(sources, { priority: true }).index).toBe(0);
    }),
  );

  it(
    "infers what each source gives",
    green(() => {
      const numbers = new Queue<number>();
      const words = new Channel<string>();
      numbers.put(1);
      const selected = select([numbers, words, Promise.resolve(true), after(1)]);
      if (selected.index === 0) expectTypeOf(selected.value).toEqualTypeOf<number>();
      if (selected.index === 1) expectTypeOf(selected.value).toEqualTypeOf<string>();
      if (selected.index === 2) expectTypeOf(selected.value).toEqualTypeOf<boolean>();
      expect(selected).toMatchObject({ index: 0, value: 1 });
    }),
  );

  it("refuses what it cannot wait for, before anything changes", () => {
    expect(() => select([])).toThrow(RangeError);
    expect(() => select([7 as unknown as Event])).toThrow(/sources\[0\] must be a source .* not 7/);
    expect(() => select([new Event()])).toThrow(BlockingSwitchOutError);
    expect(() => after(-1)).toThrow(RangeError);
    expect(() => select([new Event()], { timeout: Number.NaN })).toThrow(RangeError);
  });

  it(
    "loses and doubles nothing, whoever is killed or times out",
    green(() => {
      const pick = random(7);
      const queues = Array.from({ length: 4 }, (_, i) => new Queue<number>(i + 1));
      const channels = Array.from({ length: 3 }, () => new Channel<number>());
      const sent: number[] = [];
      const received: number[] = [];
      let next = 0;
      const all: Greenlet[] = [];
      for (let round = 0; round < 4000; round++) {
        const some = [...queues, ...channels].filter(() => pick(3) < 1);
        const item = next++;
        const options = pick(3) < 1 ? { timeout: 0 } : {};
        const body =
          pick(2) < 1
            ? (): void => {
                const sources = some.map((s) =>
                  s instanceof Queue ? s.putting(item) : s.sending(item),
                );
                select(sources, options);
                sent.push(item);
              }
            : (): void => void received.push(select(some, options).value as number);
        const greenlet = spawn(() => {
          try {
            if (some.length > 0) body();
          } catch (error) {
            if (!(error instanceof Timeout)) throw error;
          }
        }) as Greenlet;
        all.push(greenlet);
        if (pick(4) < 1) sleep(0);
        if (pick(5) < 1) all[Math.floor(pick(all.length))]?.kill(undefined, { block: false });
      }
      sleep(2);
      for (const greenlet of all) greenlet.kill(undefined, { block: false });
      joinAll(all);
      const left = queues.flatMap((queue) => Array.from({ length: queue.size }, () => queue.get()));
      expect(channels.map((channel) => channel.ready)).toEqual([false, false, false]);
      const ascending = (a: number, b: number): number => a - b;
      // One may be taken from a killed sender in the same turn, so what came out is at most what
      // went in.
      expect([...received, ...left].sort(ascending)).toEqual(sent.sort(ascending));
      expect(sent.length).toBeGreaterThan(300);
      const after2 = spawn(() => select(queues.map((queue) => queue.putting(-1))));
      after2.get();
    }),
  );
});
