import { createHook, executionAsyncId, executionAsyncResource } from "node:async_hooks";
import { current, RawGreenlet, root, settrace } from "@greenlit/switcher";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  config,
  dump,
  Event,
  getHub,
  type Greenlet,
  joinAll,
  Queue,
  run,
  sleep,
  spawn,
  Timer,
  withTimeout,
} from "../../src/index.js";
import { green } from "@greenlit/testing";
import { withUncaught } from "../support/uncaught.js";

const hub = getHub();
const { handOver } = config;

beforeAll(() => {
  config.handOver = 0;
});

afterAll(() => {
  config.handOver = handOver;
});

/** Switches while `fn` runs, and how many of them went to the hub. */
function switches(fn: () => void): { all: number; toHub: number } {
  const count = { all: 0, toHub: 0 };
  settrace((_event, _origin, target) => {
    count.all++;
    if (target === root()) count.toHub++;
  });
  try {
    fn();
  } finally {
    settrace(null);
  }
  return count;
}

function yieldInTurn(greenlets: number, times: number): void {
  const turns = (): void => {
    for (let i = 0; i < times; i++) sleep(0);
  };
  joinAll(Array.from({ length: greenlets }, () => spawn(turns)));
}

it(
  "greenlets that yield switch to each other, and seldom to the hub",
  green(() => {
    sleep(0); // the hub has heard of the setting
    const { all, toHub } = switches(() => yieldInTurn(10, 1000));
    expect(all).toBeGreaterThan(9000);
    expect(toHub).toBeLessThan(all / 5);
  }),
);

it(
  "greenlets that wake each other do, too",
  green(() => {
    const ping = new Queue<number>();
    const pong = new Queue<number>();
    spawn(() => {
      for (const n of ping) pong.put(n + 1);
    });
    sleep(0);
    let n = 0;
    const { all, toHub } = switches(() => {
      while (n < 1000) {
        ping.put(n);
        n = pong.get();
      }
    });
    ping.shutdown();
    expect(all).toBeGreaterThanOrEqual(2000);
    expect(toHub).toBeLessThan(all / 5);
  }),
);

/** From here on all clocks of this file are as if the thread had been blocked for so long. */
function oversleep(ms: number): void {
  const { now } = performance;
  performance.now = () => now.call(performance) + ms;
  new Timer(1, () => {}); // Node's own timer for the others is set for a time that is past now
}

it(
  "greenlets that timers wake at once do, in the order of their deadlines, between what other timers do",
  green(() => {
    sleep(1);
    const seen: string[] = [];
    const all = Array.from({ length: 100 }, (_, i) =>
      spawn(() => {
        sleep(20_000 + i / 10);
        seen.push(`${i}`);
        if (i % 10 === 5) sleep(0);
        if (i % 10 === 7) hub.schedule(() => {});
      }),
    );
    sleep(0); // they sleep
    const expected = Array.from({ length: 100 }, (_, i) => `${i}`);
    for (const at of [20, 60]) {
      new Timer(20_000 + at / 10 - 0.05, () => seen.push(`timer ${at} on ${String(hub.current)}`));
      expected.splice(expected.indexOf(`${at}`), 0, `timer ${at} on null`);
    }
    oversleep(30_000);
    const { all: switched, toHub } = switches(() => joinAll(all));
    // Timers count from slightly different moments: one of the two may be a place off.
    expect(seen.filter((name) => !name.startsWith("timer"))).toEqual(
      expected.filter((name) => !name.startsWith("timer")),
    );
    expect(seen.filter((name) => name.startsWith("timer"))).toEqual([
      "timer 20 on null",
      "timer 60 on null",
    ]);
    expect(switched).toBeGreaterThan(100);
    expect(toHub).toBeLessThan(switched / 2);
  }),
);

it(
  "one that is woken first may still stop those whose timers are as late",
  green(() => {
    sleep(1);
    const seen: unknown[] = [];
    const victim = (): void => {
      try {
        sleep(30_000);
        seen.push("slept");
      } catch (error) {
        seen.push(error);
      }
    };
    const victims: Greenlet<void>[] = [];
    const killer = spawn(() => {
      sleep(20_000);
      for (const g of victims) g.kill(new Error("stopped"), { block: false });
    });
    victims.push(spawn(victim), spawn(victim));
    const inTime = spawn(() =>
      withTimeout(
        30_000,
        () => {
          sleep(20_000);
          return "in time";
        },
        "too late",
      ),
    );
    sleep(0);
    oversleep(40_000);
    joinAll([killer, ...victims, inTime]);
    expect(seen.map(String)).toEqual(["Error: stopped", "Error: stopped"]);
    expect(inTime.value).toBe("in time");
  }),
);

it(
  "Infinity: never; a number: after so many turns",
  green(() => {
    const share = (): number => {
      const { all, toHub } = switches(() => yieldInTurn(10, 500));
      return toHub / all;
    };
    try {
      config.handOver = Infinity;
      sleep(1);
      expect(share()).toBeGreaterThan(0.45);
      (hub as unknown as { given: number }).given = 0;
      config.handOver = 2000;
      sleep(1);
      expect(hub.handOver.allowed).toBe(false);
      share();
      sleep(1);
      expect(share()).toBeLessThan(0.2);
    } finally {
      config.handOver = 0;
    }
  }),
);

it("each greenlet is current, in its own stack and asynchronous scope; what the hub calls is in none", async () => {
  const outside = executionAsyncId();
  const wrong: string[] = [];
  const look = (where: string, id: number, resource: object): void => {
    if (executionAsyncId() !== id) wrong.push(`${where}: id ${executionAsyncId()}, not ${id}`);
    if (executionAsyncResource() !== resource) wrong.push(`${where}: another resource`);
  };
  const all = Array.from({ length: 10 }, () => {
    const g = spawn(() => {
      const stack = current();
      for (let i = 0; i < 200; i++) {
        if (hub.current !== g || current() !== stack) wrong.push("another greenlet");
        look("in a greenlet", g.resource.asyncId(), g.resource);
        if (i % 50 === 0) {
          hub.schedule(() => {
            if (hub.current !== null || current() !== root()) wrong.push("not on the hub");
          });
        }
        if (i % 70 === 0)
          hub.call(() => void wrong.push(...(hub.current === null ? [] : ["call"])));
        sleep(0);
      }
    });
    return g;
  });
  await Promise.all(all);
  expect(executionAsyncId()).toBe(outside);
  expect(wrong).toEqual([]);
});

it("those that hand over have their turns in the order in which they would have had them", async () => {
  const order = async (setting: number): Promise<string[]> => {
    config.handOver = setting;
    await new Promise((resolve) => setImmediate(resolve));
    const seen: string[] = [];
    await run(() => {
      const event = new Event();
      const queue = new Queue<number>(2);
      const work = (name: string, steps: number): void => {
        for (let i = 0; i < steps; i++) {
          seen.push(`${name}${i}`);
          if (i % 5 === 0) spawn(() => void seen.push(`child of ${name}${i}`));
          if (i % 7 === 0) hub.schedule(() => void seen.push(`callback of ${name}${i}`));
          if (i === 10) event.set();
          if (i % 3 === 0) queue.put(i);
          else if (i % 3 === 1) queue.get();
          else sleep(0);
        }
      };
      const waiting = spawn(() => {
        event.wait();
        seen.push("woken");
      });
      joinAll([...["a", "b", "c"].map((name) => spawn(work, name, 30)), waiting]);
    });
    return seen;
  };
  const { budget } = config;
  config.budget = 10_000; // or the order would depend on the clock
  try {
    const through = await order(Infinity);
    expect(through.length).toBeGreaterThan(100);
    expect(await order(0)).toEqual(through);
  } finally {
    config.budget = budget;
  }
});

it(
  "a greenlet that ends, fails or is killed after a hand-over leaves the hub in order",
  green(() => {
    const id = executionAsyncId();
    for (let round = 0; round < 20; round++) {
      const all = [
        spawn(() => yieldInTurn(2, 3)),
        spawn(() => {
          for (let i = 0; i < round; i++) sleep(0);
          throw new Error("as asked");
        }),
        spawn(() => void new Event().wait()),
        spawn(() => sleep(10_000)),
      ];
      all[1]?.link(() => {}); // somebody hears of its error
      for (let i = 0; i < 5; i++) sleep(0);
      all[2]?.kill();
      all[3]?.kill();
      joinAll(all);
      expect(all.map((g) => String(g.exception ?? "fine"))).toEqual([
        "fine",
        "Error: as asked",
        "fine",
        "fine",
      ]);
      expect(executionAsyncId()).toBe(id);
    }
  }),
);

it(
  "a dump between hand-overs shows everyone, and disturbs no one",
  green(() => {
    let goOn = true;
    const busy = [1, 2, 3].map((i) => {
      const g = spawn(() => {
        while (goOn) sleep(0);
      });
      g.name = `busy ${i}`;
      return g;
    });
    const parked = spawn(() => new Event().wait());
    for (let i = 0; i < 100; i++) {
      sleep(0);
      const names = JSON.stringify(dump());
      for (const g of [...busy, parked]) expect(names).toContain(g.name);
    }
    goOn = false;
    joinAll(busy);
    parked.kill();
  }),
);

it("a hook that is enabled midway hears of every scope from then on", async () => {
  let before = 0;
  let after = 0;
  let hook!: ReturnType<typeof createHook>;
  const ids = new Set<number>();
  await run(() => {
    const all = Array.from({ length: 5 }, () =>
      spawn(() => {
        for (let i = 0; i < 100; i++) sleep(0);
        hook ??= createHook({
          before: (id) => void (ids.has(id) && before++),
          after: (id) => void (ids.has(id) && after++),
        }).enable();
        for (let i = 0; i < 100; i++) sleep(0);
      }),
    );
    for (const g of all) ids.add(g.resource.asyncId());
    joinAll(all);
  });
  hook.disable();
  // The first of them ends 100 yields before it knows; each yield of the others is a scope.
  expect(before).toBeGreaterThan(490);
  expect(Math.abs(after - before)).toBeLessThan(2);
});

it("what is thrown on the hub within a turn is uncaught, and greenlets go on", () =>
  withUncaught(async (caught) => {
    const all = Array.from({ length: 5 }, (_, i) =>
      spawn(() => {
        for (let k = 0; k < 100; k++) {
          if (i === 0 && k === 50) {
            hub.schedule(
              () =>
                void new RawGreenlet(() => {
                  throw new Error("raw");
                }, root()).switch(),
            );
          }
          sleep(0);
        }
        return executionAsyncId();
      }),
    );
    expect(await Promise.all(all)).toEqual(all.map((g) => g.resource.asyncId()));
    expect(caught.map(String)).toEqual(["Error: raw"]);
  }));

// What holds of greenlets that go through the hub holds of these.
describe("the asynchronous context", async () =>
  void (await import("../node/async-context.test.js")));
describe("the hub", async () => void (await import("./hub.test.js")));
describe("the model of primitives", async () => void (await import("../model.test.js")));
