// What one waiter costs must not depend on how many others wait. Compares processor time for two numbers of waiters.
import { describe, expect, it } from "vitest";
import {
  AsyncResult,
  Channel,
  Condition,
  Event,
  Greenlet,
  iwait,
  joinAll,
  killAll,
  Queue,
  RLock,
  run,
  select,
  Semaphore,
  sleep,
  spawn,
  Timeout,
  waitAll,
  type WaitOptions,
} from "../src/index.js";
import "@greenlit/testing";
import { random } from "./support/random.js";

const FEW = 2000;
const MANY = 20_000;
/** 10 would be constant, 13 logarithmic, and 100 linear; the caches and the collector take their share. */
const LIMIT = 40;

/** Processor time in microseconds: other processes do not lengthen it. */
type Measure = (n: number) => number;

function spent(fn: () => void): number {
  const start = process.cpuUsage();
  fn();
  const { user, system } = process.cpuUsage(start);
  return user + system;
}

/** Microseconds in which nobody can look through many others: what takes less is not linear, whatever the ratio. */
const CHEAP = 1;

/** The least of several times is the one that nothing came between; measured again until the limit is kept. */
async function expectToScale(measure: Measure): Promise<void> {
  await run(() => {
    let few = Infinity;
    let many = Infinity;
    const scales = (): boolean => many < LIMIT * few || many < CHEAP * MANY;
    for (let i = 0; i < 3 || (i < 12 && !scales()); i++) {
      few = Math.min(few, measure(FEW));
      if (i > 0 && !scales()) many = Math.min(many, measure(MANY));
    }
    expect(scales(), `${FEW}: ${few} us, ${MANY}: ${many} us`).toBe(true);
  });
}

/** The same each time. */
function shuffled<T>(items: readonly T[]): T[] {
  const below = random(1);
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const at = Math.floor(below(i + 1));
    [all[i], all[at]] = [all[at] as T, all[i] as T];
  }
  return all;
}

interface Waits {
  /** Blocks. */
  readonly wait: (options: WaitOptions) => void;
  /** Lets all `n` that wait go on. */
  readonly wakeAll: (n: number) => void;
}

const WAITS: Record<string, () => Waits> = {
  "Event.wait"() {
    const event = new Event();
    return { wait: (options) => event.wait(options), wakeAll: () => event.set() };
  },
  "AsyncResult.wait"() {
    const result = new AsyncResult<number>();
    return { wait: (options) => result.wait(options), wakeAll: () => result.set(1) };
  },
  "Semaphore.acquire"() {
    const semaphore = new Semaphore(0);
    return {
      wait: (options) => semaphore.acquire(options),
      wakeAll: (n) => repeat(n, () => semaphore.release()),
    };
  },
  "Queue.get"() {
    const queue = new Queue<number>();
    return {
      wait: (options) => queue.get(options),
      wakeAll: (n) => repeat(n, () => queue.put(1)),
    };
  },
  "Queue.put"() {
    const queue = new Queue<number>(1);
    queue.put(0);
    return {
      wait: (options) => queue.put(1, options),
      wakeAll: (n) => repeat(n, () => queue.get()),
    };
  },
  "Channel.receive"() {
    const channel = new Channel<number>();
    return {
      wait: (options) => channel.receive(options),
      wakeAll: (n) => repeat(n, () => channel.send(1)),
    };
  },
  "Channel.send"() {
    const channel = new Channel<number>();
    return {
      wait: (options) => channel.send(1, options),
      wakeAll: (n) => repeat(n, () => channel.receive()),
    };
  },
  "RLock.acquire"() {
    const lock = new RLock();
    lock.acquire();
    return {
      wait(options) {
        if (lock.acquire(options)) lock.release();
      },
      wakeAll: () => lock.release(),
    };
  },
  "Condition.wait"() {
    const condition = new Condition();
    return {
      wait(options) {
        using _ = condition.lock.hold();
        condition.wait(options);
      },
      wakeAll() {
        using _ = condition.lock.hold();
        condition.notifyAll();
      },
    };
  },
  "Greenlet.join"() {
    const gate = new Event();
    const target = spawn(() => gate.wait());
    return {
      wait: (options) => target.join(options),
      wakeAll() {
        gate.set();
        target.join();
      },
    };
  },
  select() {
    const [event, queue, channel, gate] = [new Event(), new Queue(), new Channel(), new Event()];
    const target = spawn(() => gate.wait());
    return {
      wait: (options) => select([queue, channel, target, event], options),
      wakeAll() {
        event.set();
        gate.set();
        target.join();
      },
    };
  },
  iwait() {
    const [event, gate] = [new Event(), new Event()];
    const target = spawn(() => gate.wait());
    return {
      wait: (options) => iwait([target, event], options).next(),
      wakeAll() {
        event.set();
        gate.set();
        target.join();
      },
    };
  },
  Timeout() {
    const event = new Event();
    return {
      wait({ timeout }) {
        using _ = new Timeout(timeout ?? null);
        event.wait();
      },
      wakeAll: () => event.set(),
    };
  },
};

function repeat(n: number, fn: () => void): void {
  for (let i = 0; i < n; i++) fn();
}

/** `n` greenlets that wait, each with a timeout of its own. */
function park(n: number, wait: Waits["wait"], shortest: number, longest: number): Greenlet[] {
  const below = random(2);
  const all = Array.from({ length: n }, () => {
    const timeout = shortest + below(longest - shortest);
    return spawn(() => {
      try {
        wait({ timeout });
      } catch (error) {
        if (!(error instanceof Timeout)) throw error;
      }
    });
  });
  sleep(0);
  return all;
}

const HOURS = [3_600_000, 7_200_000] as const;

describe.each(Object.entries(WAITS))("%s, with ten times as many waiters", (_, make) => {
  it("costs about ten times as much to wake all", () =>
    expectToScale((n) => {
      const { wait, wakeAll } = make();
      const all = park(n, wait, ...HOURS);
      return spent(() => {
        wakeAll(n);
        joinAll(all);
      });
    }));

  it("... to kill all, in any order", () =>
    expectToScale((n) => {
      const { wait, wakeAll } = make();
      const all = shuffled(park(n, wait, ...HOURS));
      const took = spent(() => {
        for (const greenlet of all) greenlet.kill(undefined, { block: false });
        joinAll(all);
      });
      wakeAll(0);
      return took;
    }));

  it("... to kill all that wait with one signal", () =>
    expectToScale((n) => {
      const { wait, wakeAll } = make();
      const { signal } = new AbortController();
      const took = spent(() => {
        const all = park(n, (options) => wait({ ...options, signal }), ...HOURS);
        killAll(all);
      });
      wakeAll(0);
      return took;
    }));

  it("... when the time of all is up", () =>
    expectToScale((n) => {
      const { wait, wakeAll } = make();
      const took = spent(() => joinAll(park(n, wait, 1, 20)));
      wakeAll(0);
      return took;
    }));
});

/** What can be linked to: not ready yet, and how it becomes so. */
const LINKABLE: Record<string, () => { target: Linkable; ready: () => void }> = {
  Event() {
    const target = new Event();
    return { target, ready: () => target.set() };
  },
  AsyncResult() {
    const target = new AsyncResult<number>();
    return { target, ready: () => target.set(1) };
  },
  Semaphore() {
    const target = new Semaphore(0);
    return { target, ready: () => target.release() };
  },
  Queue() {
    const target = new Queue<number>();
    return { target, ready: () => target.put(1) };
  },
  Channel() {
    const target = new Channel<number>(1);
    return { target, ready: () => target.send(1) };
  },
  Greenlet() {
    const gate = new Event();
    const target = spawn(() => gate.wait());
    return {
      target,
      ready() {
        gate.set();
        target.join();
      },
    };
  },
};

interface Linkable {
  link(fn: () => void): void;
  unlink(fn: () => void): void;
}

describe.each(Object.entries(LINKABLE))("links to %s, ten times as many", (_, make) => {
  const functions = (n: number): (() => void)[] => Array.from({ length: n }, () => () => {});

  it("cost about ten times as much to take back, in any order", () =>
    expectToScale((n) => {
      const { target, ready } = make();
      const all = functions(n);
      for (const fn of all) target.link(fn);
      const took = spent(() => {
        for (const fn of shuffled(all)) target.unlink(fn);
      });
      ready();
      return took;
    }));

  it("... when they are all of one function", () =>
    expectToScale((n) => {
      const { target, ready } = make();
      const fn = (): void => {};
      const took = spent(() => {
        repeat(n, () => target.link(fn));
        repeat(n, () => target.unlink(fn));
      });
      ready();
      return took;
    }));

  it("... to call, also when it has been ready before", () =>
    expectToScale((n) => {
      const { target, ready } = make();
      let calls = 0;
      const all = Array.from({ length: n }, () => () => void calls++);
      const took = spent(() => {
        for (const fn of all) target.link(fn);
        ready();
        for (const fn of all) target.link(fn);
        while (calls < 2 * n) sleep(0);
      });
      return took;
    }));
});

it("waitAll of ten times as many costs about ten times as much", () =>
  expectToScale((n) => {
    const all = Array.from({ length: n }, () => spawn(() => {}));
    return spent(() => expect(waitAll(all)).toHaveLength(n));
  }));

it("iwait, left early, leaves ten times as many in about ten times the time", () =>
  expectToScale((n) => {
    const all = Array.from({ length: n }, () => new Event());
    all[0]?.set();
    const first = iwait(all);
    expect(first.next().value).toBe(all[0]);
    return spent(() => first.return?.());
  }));
