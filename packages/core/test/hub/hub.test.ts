import { connect, createServer } from "node:net";
import { describe, expect, it } from "vitest";
import {
  AsyncResult,
  BlockingSwitchOutError,
  Channel,
  config,
  Event,
  getCurrent,
  getHub,
  joinAll,
  LoopExit,
  noSwitch,
  Queue,
  RLock,
  run,
  select,
  Semaphore,
  sleep,
  spawn,
  Waiter,
} from "../../src/index.js";
import { green, reports, turns } from "@greenlit/testing";
import { withUncaught } from "../support/uncaught.js";

const hub = getHub();

describe("order", () => {
  it("spawn only queues; greenlets start first come first served", async () => {
    const order: number[] = [];
    const all = Array.from({ length: 100 }, (_, i) => spawn(() => order.push(i)));
    expect(order).toEqual([]);
    await Promise.all(all);
    expect(order).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it(
    "a ready greenlet runs when the current one blocks, and not before",
    green(() => {
      const order: string[] = [];
      spawn(() => order.push("child"));
      order.push("parent");
      for (let i = 0; i < 1000; i++) getCurrent();
      expect(order).toEqual(["parent"]);
      sleep(0);
      expect(order).toEqual(["parent", "child"]);
    }),
  );

  it(
    "woken greenlets go behind those that are ready",
    green(() => {
      const order: string[] = [];
      const event = new Event();
      const waiting = spawn(() => {
        event.wait();
        order.push("woken");
      });
      sleep(0);
      spawn(() => order.push("ready"));
      event.set();
      waiting.join();
      expect(order).toEqual(["ready", "woken"]);
    }),
  );

  it("runs callbacks of schedule() on the hub, in the same queue", async () => {
    const order: unknown[] = [];
    spawn(() => order.push("a"));
    hub.schedule(() => order.push(getCurrent()));
    await spawn(() => order.push("b"));
    expect(order).toEqual(["a", null, "b"]);
  });
});

describe("the budget", () => {
  it("lets timers, promises, ticks, immediates and sockets go on while two greenlets never stop", async () => {
    const server = createServer((socket) => socket.pipe(socket)).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    let yields = 0;
    let stop = false;
    const spin = (): void => {
      while (!stop) {
        yields++;
        sleep(0);
      }
    };
    const spinners = [spawn(spin), spawn(spin)];
    let loops = 0;
    const goRound = (): void => {
      loops++;
      if (!stop) setImmediate(goRound);
    };
    setImmediate(goRound);
    /** How often the loop has gone round by then: on a busy machine the same. */
    const took = async (work: Promise<unknown>): Promise<number> => {
      await work;
      return loops;
    };
    const chain = async (): Promise<void> => {
      for (let i = 0; i < 1000; i++) await null;
    };
    const roundTrips = (): Promise<void> =>
      new Promise((resolve, reject) => {
        let left = 5;
        const socket = connect(port, "127.0.0.1", () => socket.write("x"));
        socket.on("error", reject);
        socket.on("data", () => {
          if (--left > 0) return void socket.write("x");
          socket.destroy();
          resolve();
        });
      });
    const [promises, tick, immediates] = await Promise.all([
      took(chain()),
      took(new Promise<void>((resolve) => process.nextTick(resolve))),
      took(turns(3)),
      // Who starves waits for ever.
      took(new Promise((resolve) => setTimeout(resolve, 10))),
      took(roundTrips()),
    ]);
    stop = true;
    await Promise.all(spinners);
    server.close();
    expect(promises).toBeLessThanOrEqual(1);
    expect(tick).toBeLessThanOrEqual(1);
    expect(immediates).toBeLessThanOrEqual(4);
    expect(yields).toBeGreaterThan(100);
  });

  it("is a setting: with 0, every turn of a greenlet is a turn of the loop", async () => {
    const { budget } = config;
    config.budget = 0;
    try {
      let immediates = 0;
      let stop = false;
      const count = (): void => {
        immediates++;
        if (!stop) setImmediate(count);
      };
      setImmediate(count);
      await run(() => {
        for (let i = 0; i < 100; i++) sleep(0);
      });
      stop = true;
      expect(immediates).toBeGreaterThanOrEqual(99);
      await turns(2);
    } finally {
      config.budget = budget;
    }
  });

  it("is not used up by short turns: thousands of them fit into one turn of the loop", async () => {
    const { budget } = config;
    config.budget = 1000;
    try {
      let turn = 0;
      let stop = false;
      const count = (): void => {
        turn++;
        if (!stop) setImmediate(count);
      };
      setImmediate(count);
      const from = turn;
      await run(() => {
        for (let i = 0; i < 5000; i++) sleep(0);
      });
      stop = true;
      expect(turn - from).toBeLessThan(10);
      await turns(2);
    } finally {
      config.budget = budget;
    }
  });

  it("notices soon when short turns become long", async () => {
    let stop = false;
    let long = false;
    let rounds = 0;
    const busy = (): void => {
      while (!stop) {
        rounds++;
        const end = performance.now() + (long ? 1 : 0);
        while (performance.now() < end);
        sleep(0);
      }
    };
    const all = [spawn(busy), spawn(busy)];
    await new Promise((resolve) => setTimeout(resolve, 20));
    long = true;
    let longest = 0;
    for (let i = 0; i < 20; i++) {
      rounds = 0;
      await turns(1);
      longest = Math.max(longest, rounds);
    }
    stop = true;
    await Promise.all(all);
    // One misjudged stride, 64 turns of 1 ms, and not again.
    expect(longest).toBeLessThan(150);
  });

  // Each finds what it asks for at once, every time.
  const full = new Queue<number>();
  for (let i = 0; i < 1000; i++) full.put(i);
  const free = new Semaphore(1);
  const lock = new RLock();
  const up = new Event();
  up.set();
  const result = new AsyncResult<number>();
  result.set(1);
  const channel = new Channel<number>(1000);
  const ended = spawn(() => 1);
  const chatty: Record<string, () => unknown> = {
    "Queue.get": () => (full.get(), full.put(1)),
    "Semaphore.acquire": () => (free.acquire(), free.release()),
    "RLock.acquire": () => (lock.acquire(), lock.release()),
    "Event.wait": () => up.wait(),
    "AsyncResult.get": () => result.get(),
    "AsyncResult.wait": () => result.wait(),
    "Channel.send": () => (channel.send(1), channel.receive()),
    "Greenlet.get": () => ended.get(),
    "Greenlet.join": () => ended.join(),
    select: () => select([up]),
  };
  for (const [name, call] of Object.entries(chatty)) {
    it(
      `a greenlet that never has to wait in ${name} gives others and the loop their turn`,
      green(() => {
        let timer = false;
        let other = false;
        setTimeout(() => (timer = true), 1);
        spawn(() => (other = true));
        let calls = 0;
        for (const end = performance.now() + 20_000; !(timer && other);) {
          call();
          calls++;
          if (performance.now() > end) throw new Error("nobody else had a turn");
        }
        // Nobody pays for a look at the clock at every call, nor for a switch: there is one for 32,
        // of which some of these make two; on a machine that stands still meanwhile it is the last.
        expect(calls).toBeGreaterThanOrEqual(16);
      }),
    );
  }

  it(
    "where a greenlet must not be left it keeps its turn, and what kills it comes at the call, with nothing taken",
    green(() => {
      const busy = (): void => {
        for (const end = performance.now() + 20; performance.now() < end;)
          free.acquire() && free.release();
      };
      noSwitch(busy);
      const stopped = new Error("stop");
      const g = spawn(() => {
        setTimeout(() => g.kill(stopped, { block: false }), 1);
        for (;;) {
          free.acquire();
          free.release();
        }
      });
      g.join();
      expect(g.exception).toBe(stopped);
      expect(free.free).toBe(1);

      let cleanedUp = false;
      const cleaning = spawn(() => {
        try {
          sleep(10_000);
        } finally {
          busy();
          cleanedUp = true;
        }
      });
      sleep(0);
      cleaning.kill();
      expect(cleanedUp).toBe(true);
    }),
  );
});

describe("switching from a callback", () => {
  it("switch() lets the greenlet run at once when called on the hub", async () => {
    const order: string[] = [];
    let waiter!: Waiter<string>;
    const greenlet = spawn(() => {
      waiter = new Waiter<string>("test");
      order.push(waiter.wait());
    });
    await turns(2);
    setImmediate(() => {
      order.push("before");
      waiter.switch("inside");
      order.push("after");
    });
    await greenlet;
    expect(order).toEqual(["before", "inside", "after"]);
  });

  it("wake() queues it", async () => {
    const order: string[] = [];
    let waiter!: Waiter<string>;
    const greenlet = spawn(() => {
      waiter = new Waiter<string>("test");
      order.push(waiter.wait());
    });
    await turns(2);
    setImmediate(() => {
      order.push("before");
      waiter.wake("inside");
      order.push("after");
    });
    await greenlet;
    expect(order).toEqual(["before", "after", "inside"]);
  });

  it(
    "switch() in a greenlet queues too: the caller goes on first",
    green(() => {
      const order: string[] = [];
      let waiter!: Waiter<string>;
      const greenlet = spawn(() => {
        waiter = new Waiter<string>("test");
        order.push(waiter.wait());
      });
      sleep(0);
      order.push("before");
      waiter.switch("inside");
      order.push("after");
      greenlet.join();
      expect(order).toEqual(["before", "after", "inside"]);
    }),
  );

  it("current is the greenlet inside, and null outside", async () => {
    expect(getCurrent()).toBe(null);
    const greenlet = spawn(() => {
      const before = getCurrent();
      sleep(1);
      return [before, getCurrent()];
    });
    expect(getCurrent()).toBe(null);
    expect(await greenlet).toEqual([greenlet, greenlet]);
    await null;
    expect(getCurrent()).toBe(null);
  });
});

describe("the list of living greenlets", () => {
  it(
    "is in order of birth, and loses who ends, wherever it stands",
    green(() => {
      const event = new Event();
      const body = (): void => void event.wait();
      const [a, b, c, d] = [spawn(body), spawn(body), spawn(body), spawn(body)];
      const mine = (): unknown[] =>
        hub.greenlets().filter((g) => [a, b, c, d].includes(g as never));
      sleep(0);
      expect(mine()).toEqual([a, b, c, d]);
      b.kill();
      expect(mine()).toEqual([a, c, d]);
      a.kill();
      expect(mine()).toEqual([c, d]);
      d.kill();
      expect(mine()).toEqual([c]);
      c.kill();
      expect(mine()).toEqual([]);
    }),
  );

  it(
    "may be walked while those it gives are killed",
    green(() => {
      const all = Array.from({ length: 5 }, () => spawn(() => {}));
      const me = getCurrent();
      for (const greenlet of hub.greenlets()) {
        if (greenlet !== me) greenlet.kill(undefined, { block: false });
      }
      expect(all.map((greenlet) => greenlet.dead)).toEqual([true, true, true, true, true]);
    }),
  );
});

describe("onError", () => {
  it("is called on failure with the greenlet and the error", async () => {
    const error = new Error("x");
    const seen = await reports(async () => {
      const greenlet = spawn(() => {
        throw error;
      });
      greenlet.name = "failing";
      await turns(2);
    });
    expect(seen).toEqual([["failing", error]]);
  });

  it("may not block", async () => {
    const { onError } = hub;
    let thrown: unknown;
    hub.onError = () => {
      try {
        sleep(1);
      } catch (error) {
        thrown = error;
      }
    };
    try {
      const greenlet = spawn(() => {
        throw new Error("x");
      });
      await turns(3);
      expect(greenlet.dead).toBe(true);
      expect(thrown).toBeInstanceOf(BlockingSwitchOutError);
    } finally {
      hub.onError = onError;
      hub.unobserved.clear();
    }
  });

  it("that throws is an uncaught exception, and the hub goes on", () =>
    withUncaught(async (uncaught) => {
      const { onError } = hub;
      const broken = new Error("broken handler");
      hub.onError = () => {
        throw broken;
      };
      try {
        const event = new Event();
        const bystander = spawn(() => event.wait());
        spawn(() => {
          throw new Error("x");
        });
        const order: number[] = [];
        spawn(() => order.push(1));
        await turns(4);
        event.set();
        expect(await bystander).toBe(true);
        expect(order).toEqual([1]);
        expect(uncaught).toEqual([broken]);
      } finally {
        hub.onError = onError;
        hub.unobserved.clear();
      }
    }));
});

it(
  "a thousand greenlets that wake each other in a ring take turns in order",
  green(() => {
    const events = Array.from({ length: 1000 }, () => new Event());
    const order: number[] = [];
    const ring = events.map((event, i) =>
      spawn(() => {
        event.wait();
        order.push(i);
        events[i + 1]?.set();
      }),
    );
    sleep(0);
    events[0]?.set();
    joinAll(ring);
    expect(order).toEqual(Array.from({ length: 1000 }, (_, i) => i));
  }),
);

it("tells of a deadlock when asked to, into the greenlet of run that waits", async () => {
  const event = new Event();
  const main = run(() => event.wait());
  const other = spawn(function bystander() {
    event.wait();
  });
  await turns(2);
  hub.reportDeadlock();
  const error = (await main.catch((error: unknown) => error)) as LoopExit;
  expect(error).toBeInstanceOf(LoopExit);
  expect(error.message).toMatch(/bystander-\d+ has waited \d+\.\d s in Event\.wait/);
  event.set();
  await other;
  hub.reportDeadlock(); // nobody waits
});

it("is no global, which test runners would undo when a file of tests has ended", () => {
  const globals = Object.getOwnPropertyDescriptors(globalThis) as Record<
    PropertyKey,
    PropertyDescriptor
  >;
  const holders = Reflect.ownKeys(globals).filter((key) => globals[key]?.value === getHub());
  expect(holders).toEqual([]);
});
