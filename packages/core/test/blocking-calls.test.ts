// The contract of every call that blocks, once, over a table of all of them: where it may be called, what it takes, how it
// ends, and that it leaves nothing behind.
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import * as core from "../src/index.js";
import {
  AsyncResult,
  blocking,
  BlockingSwitchOutError,
  BoundedSemaphore,
  Channel,
  Condition,
  Event,
  getCurrent,
  getHub,
  type Greenlet,
  GreenletExit,
  Group,
  idle,
  iwait,
  joinAll,
  killAll,
  LifoQueue,
  Pool,
  PriorityQueue,
  Queue,
  RLock,
  scope,
  select,
  Semaphore,
  shield,
  SimpleQueue,
  sleep,
  spawn,
  Timeout,
  wait,
  waitAll,
  WaitList,
  type WaitOptions,
  withTimeout,
} from "../src/index.js";
import { green, thrownBy, turns } from "@greenlit/testing";

/** A call in a state in which nothing ever ends it. */
interface Blocked {
  readonly call: (options?: WaitOptions) => unknown;
  /** Where it waits. */
  readonly at?: object[];
  /** What it must not change when it is refused. */
  readonly state?: () => unknown;
  /** Greenlets that see to it, to be killed in the end. */
  readonly helpers?: () => Iterable<Greenlet>;
}

interface Call {
  /** The name in its errors. */
  readonly name: string;
  /** The name in its Timeout, where that is another one. */
  readonly timeoutName?: string;
  /** Which of the options it takes; default: both. */
  readonly takes?: readonly ("timeout" | "signal")[];
  /** What it gives after `timeout`; absent: it throws a Timeout. */
  readonly gives?: unknown;
  readonly blocked: () => Blocked;
  /** The same call where it need not block, and what it changes then. */
  readonly easy?: () => { call: (options?: WaitOptions) => unknown; state: () => unknown };
}

const never = (): never => {
  for (;;) sleep(Infinity);
};

/** A greenlet that outlives a kill until it is killed by `helpers` a second time. */
function stubborn(): { greenlet: Greenlet; release: Event } {
  const release = new Event();
  const greenlet = spawn(() => shield(() => release.wait())) as Greenlet;
  return { greenlet, release };
}

function onGreenlet(call: (g: Greenlet, options?: WaitOptions) => unknown): () => Blocked {
  return () => {
    const g = spawn(never) as Greenlet;
    return { call: (options) => call(g, options), at: [g], helpers: () => [g] };
  };
}

function killing(call: (g: Greenlet, options?: WaitOptions) => unknown): () => Blocked {
  return () => {
    const { greenlet: g, release } = stubborn();
    return {
      call: (options) => call(g, options),
      at: [g],
      state: () => g.signal.aborted,
      helpers: () => {
        release.set();
        return [g];
      },
    };
  };
}

function on<T extends object>(
  make: () => T,
  call: (object: T, options?: WaitOptions) => unknown,
): () => Blocked {
  return () => {
    const object = make();
    return { call: (options) => call(object, options), at: [object] };
  };
}

function onHeldLock(call: (lock: RLock, options?: WaitOptions) => unknown): () => Blocked {
  return () => {
    const lock = new RLock();
    const holder = spawn(() => {
      lock.acquire();
      try {
        never();
      } finally {
        lock.release();
      }
    }) as Greenlet;
    return { call: (options) => call(lock, options), at: [lock], helpers: () => [holder] };
  };
}

function onCondition(call: (condition: Condition, options?: WaitOptions) => unknown) {
  return (): Blocked => {
    const condition = new Condition();
    return {
      call: (options) => {
        if (getCurrent() === null) return call(condition, options);
        using _held = condition.lock.hold();
        return call(condition, options);
      },
      at: [condition, condition.lock],
      state: () => condition.lock.locked,
    };
  };
}

function onGroup(group: () => Group, call: (group: Group, options?: WaitOptions) => unknown) {
  return (): Blocked => {
    const one = group();
    one.spawn(never);
    return {
      call: (options) => call(one, options),
      at: [...one, ...Object.values(one).filter((value) => value instanceof Semaphore)],
      state: () => one.length,
      helpers: () => one,
    };
  };
}

function fullQueue<Q extends SimpleQueue<number>>(queue: Q): Q {
  queue.put(1);
  return queue;
}

/** Refused, or let through, it must leave the same. */
function easyOn<T>(
  make: () => T,
  call: (object: T, options?: WaitOptions) => unknown,
  state: (object: T) => unknown,
) {
  return () => {
    const object = make();
    return {
      call: (options?: WaitOptions) => call(object, options),
      state: () => state(object),
    };
  };
}

const silent: AsyncIterable<number> = {
  [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => {}) }),
};

const GROUPS = [
  ["Group", () => new Group()],
  ["Pool", () => new Pool(1)],
] as const;

const QUEUES = [SimpleQueue, Queue, LifoQueue, PriorityQueue] as unknown as (new (
  maxSize?: number,
) => SimpleQueue<number>)[];

const CALLS: Call[] = [
  { name: "sleep", takes: ["signal"], blocked: () => ({ call: (o) => sleep(Infinity, o) }) },
  {
    name: "idle",
    gives: false,
    blocked: () => {
      const busy = spawn(() => {
        for (;;) sleep(0);
      }) as Greenlet;
      return { call: (o) => idle(o), helpers: () => [busy] };
    },
  },
  {
    name: "wait",
    blocked: () => ({ call: (o) => wait(new Promise(() => {}), o) }),
    easy: easyOn(
      () => 1,
      (value, o) => wait(value, o),
      () => 1,
    ),
  },
  {
    name: "waitAll",
    gives: [],
    blocked: on(
      () => new Event(),
      (e, o) => waitAll([e], o),
    ),
  },
  {
    name: "iwait",
    gives: [],
    blocked: on(
      () => new Event(),
      (e, o) => [...iwait([e], o)],
    ),
  },
  { name: "joinAll", gives: [], blocked: onGreenlet((g, o) => joinAll([g], o)) },
  {
    name: "joinAll",
    gives: [],
    blocked: onGreenlet((g, o) => joinAll([g], { ...o, raiseError: true })),
  },
  {
    name: "killAll",
    gives: undefined,
    blocked: killing((g, o) => killAll([g], undefined, o)),
  },
  { name: "Greenlet.get", blocked: onGreenlet((g, o) => g.get(o)) },
  { name: "Greenlet.join", gives: false, blocked: onGreenlet((g, o) => g.join(o)) },
  { name: "Greenlet.kill", gives: undefined, blocked: killing((g, o) => g.kill(undefined, o)) },
  {
    name: "Event.wait",
    gives: false,
    blocked: on(
      () => new Event(),
      (e, o) => e.wait(o),
    ),
    easy: easyOn(
      () => {
        const event = new Event();
        event.set();
        return event;
      },
      (e, o) => e.wait(o),
      (e) => e.isSet,
    ),
  },
  {
    name: "AsyncResult.get",
    blocked: on(
      () => new AsyncResult(),
      (r, o) => r.get(o),
    ),
  },
  {
    name: "AsyncResult.wait",
    gives: false,
    blocked: on(
      () => new AsyncResult(),
      (r, o) => r.wait(o),
    ),
  },
  {
    name: "Semaphore.acquire",
    gives: false,
    blocked: on(
      () => new Semaphore(0),
      (s, o) => s.acquire(o),
    ),
    easy: easyOn(
      () => new Semaphore(1),
      (s, o) => s.acquire(o),
      (s) => s.free,
    ),
  },
  {
    name: "Semaphore.hold",
    blocked: on(
      () => new Semaphore(0),
      (s, o) => s.hold(o),
    ),
    easy: easyOn(
      () => new Semaphore(1),
      (s, o) => s.hold(o),
      (s) => s.free,
    ),
  },
  {
    name: "Semaphore.acquire",
    gives: false,
    blocked: on(
      () => new BoundedSemaphore(0),
      (s, o) => s.acquire(o),
    ),
  },
  {
    name: "RLock.acquire",
    gives: false,
    blocked: onHeldLock((l, o) => l.acquire(o)),
    easy: easyOn(
      () => new RLock(),
      (l, o) => l.acquire(o),
      (l) => l.locked,
    ),
  },
  { name: "RLock.hold", blocked: onHeldLock((l, o) => l.hold(o)) },
  { name: "Condition.wait", gives: false, blocked: onCondition((c, o) => c.wait(o)) },
  {
    name: "Condition.waitFor",
    gives: false,
    blocked: onCondition((c, o) => c.waitFor(() => false, o)),
  },
  ...QUEUES.flatMap((Kind): Call[] => [
    {
      name: "Queue.put",
      blocked: on(
        () => fullQueue(new Kind(1)),
        (q, o) => q.put(2, o),
      ),
      easy: easyOn(
        () => new Kind(),
        (q, o) => q.put(1, o),
        (q) => q.size,
      ),
    },
    {
      name: "Queue.get",
      blocked: on(
        () => new Kind(),
        (q, o) => q.get(o),
      ),
      easy: easyOn(
        () => fullQueue(new Kind(1)),
        (q, o) => q.get(o),
        (q) => q.size,
      ),
    },
    {
      name: "Queue.get",
      blocked: on(
        () => new Kind(),
        (q, o) => [...q.taking(o)],
      ),
    },
    {
      name: "Queue.get",
      takes: [],
      blocked: on(
        () => new Kind(),
        (q) => [...q],
      ),
    },
  ]),
  {
    name: "Queue.join",
    gives: false,
    blocked: on(
      () => fullQueue(new Queue<number>()),
      (q, o) => q.join(o),
    ),
  },
  {
    name: "Channel.send",
    blocked: on(
      () => new Channel<number>(),
      (c, o) => c.send(1, o),
    ),
    easy: easyOn(
      () => new Channel<number>(1),
      (c, o) => c.send(1, o),
      (c) => c.ready,
    ),
  },
  {
    name: "Channel.receive",
    blocked: on(
      () => new Channel(),
      (c, o) => c.receive(o),
    ),
    easy: easyOn(
      () => {
        const channel = new Channel(1);
        channel.send(1);
        return channel;
      },
      (c, o) => c.receive(o),
      (c) => c.ready,
    ),
  },
  {
    name: "Channel.receive",
    blocked: on(
      () => new Channel(),
      (c, o) => [...c.receiving(o)],
    ),
  },
  {
    name: "Channel.receive",
    takes: [],
    blocked: on(
      () => new Channel(),
      (c) => [...c],
    ),
  },
  {
    name: "select",
    blocked: () => {
      const [queue, channel, event] = [new Queue(), new Channel<number>(), new Event()];
      return {
        call: (o) => select([queue, channel, channel.sending(1), event], o),
        at: [queue, channel, event],
      };
    },
    easy: easyOn(
      () => fullQueue(new Queue<number>()),
      (q, o) => select([q], o),
      (q) => q.size,
    ),
  },
  { name: "Pool.spawn", takes: [], blocked: onGroup(GROUPS[1][1], (p) => p.spawn(never)) },
  {
    name: "Pool.waitAvailable",
    gives: false,
    blocked: onGroup(GROUPS[1][1], (p, o) => (p as Pool).waitAvailable(o)),
  },
  ...GROUPS.flatMap(([kind, make]): Call[] => [
    { name: `${kind}.apply`, takes: [], blocked: onGroup(make, (p) => p.apply(never)) },
    { name: `${kind}.map`, blocked: onGroup(make, (p, o) => p.map(never, [1, 2], o)) },
    { name: "imap", blocked: onGroup(make, (p, o) => [...p.imap(never, [1, 2], o)]) },
    {
      name: "imapUnordered",
      blocked: onGroup(make, (p, o) => [...p.imapUnordered(never, [1, 2], o)]),
    },
    { name: `${kind}.join`, gives: false, blocked: onGroup(make, (p, o) => p.join(o)) },
    {
      name: `${kind}.kill`,
      gives: undefined,
      blocked: () => {
        const [group, release] = [make(), new Event()];
        const g = group.spawn(() => shield(() => release.wait())) as Greenlet;
        return {
          call: (o) => group.kill(undefined, o),
          at: [g],
          state: () => g.signal.aborted,
          helpers: () => {
            release.set();
            return group;
          },
        };
      },
    },
  ]),
  {
    name: "scope",
    timeoutName: "",
    blocked: () => ({ call: (o) => scope((s) => void s.spawn(never), o) }),
  },
  {
    name: "scope",
    timeoutName: "",
    blocked: () => ({ call: (o) => scope(() => never(), { ...o, policy: "settle" }) }),
  },
  {
    name: "blocking",
    timeoutName: "wait",
    blocked: () => ({ call: (o) => [...blocking(silent, o)] }),
  },
];

/** How many wait at some objects, in lists and as links. */
function waiting(objects: object[] = []): number {
  let count = 0;
  for (const object of objects) {
    for (const [key, value] of Object.entries(object)) {
      if (value instanceof WaitList) count += value.length;
      else if (key === "links") count += value?.oldest?.size ?? 0;
    }
  }
  return count;
}

/** Sets the call up in a greenlet, lets `check` at it, and ends what was set up. */
function withBlocked(one: Call, check: (blocked: Blocked) => void): () => Promise<void> {
  return green(() => {
    const blocked = one.blocked();
    settle();
    expect(waiting(blocked.at), "nobody waits yet").toBe(0);
    try {
      check(blocked);
      settle();
      expect(waiting(blocked.at), "it leaves no trace").toBe(0);
    } finally {
      const helpers = [...(blocked.helpers?.() ?? [])];
      killAll(helpers);
    }
  });
}

/** Lets all others go as far as they can. */
function settle(): void {
  for (let i = 0; i < 4; i++) sleep(0);
}

const numbered = CALLS.map((one, i) => [`${one.name} (${i})`, one] as const);
const taking = (option: "timeout" | "signal"): typeof numbered =>
  numbered.filter(([, { takes = ["timeout", "signal"] }]) => takes.includes(option));
const BAD = [-1, Number.NaN, "x"] as number[];

describe("a call that blocks", () => {
  it("is in the table, if it is a function of the core, or is known not to block", () => {
    const functions = Object.entries(core)
      .filter(([name, value]) => typeof value === "function" && /^[a-z]/.test(name))
      .map(([name]) => name);
    const others =
      "after dump formatDump getCurrent getHub gettrace local noSwitch run settrace shield spawn spawnLater spawnRaw withTimeout";
    expect(functions.sort()).toEqual(
      [...new Set(CALLS.map(({ name }) => name))]
        .filter((name) => functions.includes(name))
        .concat(others.split(" "))
        .sort(),
    );
  });

  it.each(numbered)("throws on the hub, and says what to write instead: %s", async (_, one) => {
    const { call, at, state, helpers } = one.blocked();
    await turns(3);
    const before = state?.();
    const error = thrownBy(() => call({}));
    expect(error).toBeInstanceOf(BlockingSwitchOutError);
    expect((error as Error).message.startsWith(`${one.name} cannot block here`)).toBe(true);
    expect((error as Error).message).toContain("run(() => ...)");
    expect((error as Error).message).toContain("wait(promise)");
    await turns(3);
    expect([waiting(at), state?.()]).toEqual([0, before]);
    for (const helper of helpers?.() ?? []) helper.kill(undefined, { block: false });
  });

  it.each(taking("timeout"))("refuses a bad timeout before anything changes: %s", (_, one) =>
    withBlocked(one, ({ call, at, state }) => {
      const before = state?.();
      for (const timeout of BAD) {
        const error = thrownBy(() => call({ timeout })) as Error;
        expect(["RangeError", "TypeError"]).toContain(error.name);
        expect(error.message).toMatch(/^timeout must be /);
        expect(error.message).toContain(String(timeout));
        expect([waiting(at), state?.()]).toEqual([0, before]);
      }
      for (const timeout of BAD) {
        if (one.easy === undefined) continue;
        const { call, state } = one.easy();
        const before = state();
        expect((thrownBy(() => call({ timeout })) as Error).message).toContain(String(timeout));
        expect(state()).toEqual(before);
      }
    })(),
  );

  it.each(taking("timeout"))("ends after its timeout, as it says: %s", (_, one) =>
    withBlocked(one, ({ call }) => {
      for (const timeout of [0, 1]) {
        if ("gives" in one) {
          expect(call({ timeout })).toEqual(one.gives);
          continue;
        }
        const error = thrownBy(() => call({ timeout }));
        expect(error).toBeInstanceOf(Timeout);
        const { message, ms } = error as Timeout;
        expect(message.startsWith(one.timeoutName ?? one.name)).toBe(true);
        expect([ms, message.endsWith(`timed out after ${timeout} ms`)]).toEqual([timeout, true]);
      }
    })(),
  );

  it.each(taking("signal"))("throws the reason of an aborted signal: %s", (_, one) =>
    withBlocked(one, ({ call }) => {
      const reason = new Error("aborted before");
      const signal = AbortSignal.abort(reason);
      expect(thrownBy(() => call({ signal }))).toBe(reason);
      if (one.easy === undefined) return;
      const { call: easy, state } = one.easy();
      const before = state();
      expect(thrownBy(() => easy({ signal }))).toBe(reason);
      expect(state()).toEqual(before);
    })(),
  );

  it.each(taking("signal"))("throws the reason of a signal that aborts meanwhile: %s", (_, one) =>
    withBlocked(one, ({ call }) => {
      const controller = new AbortController();
      const { signal } = controller;
      const reason = new Error("aborted meanwhile");
      setTimeout(() => controller.abort(reason), 2);
      expect(thrownBy(() => call({ signal }))).toBe(reason);
      settle();
      expect(getEventListeners(signal, "abort")).toEqual([]);
    })(),
  );

  it.each(numbered)("lets an outer Timeout through: %s", (_, one) =>
    withBlocked(one, ({ call }) => {
      const mine = thrownBy(() => withTimeout(1, () => call({ timeout: null })));
      expect(mine).toBeInstanceOf(Timeout);
      expect((mine as Timeout).message).toBe("timed out after 1 ms");
      expect(withTimeout(1, () => call(), "late")).toBe("late");
    })(),
  );

  it.each(numbered)("throws what its greenlet is killed with: %s", (_, one) =>
    withBlocked(one, ({ call, at, helpers }) => {
      let thrown: unknown;
      const g = spawn(() => {
        thrown = thrownBy(() => call());
        throw thrown;
      });
      settle();
      expect(g.waiter, "it blocks").not.toBe(null);
      // Calls of groups may wait for greenlets that they have begun themselves.
      const sure = at !== undefined && !/^(Group|Pool|imap)/.test(one.name);
      if (sure) expect(waiting(at)).toBeGreaterThan(0);
      g.kill();
      expect(thrown).toBeInstanceOf(GreenletExit);
      expect([g.value, g.successful]).toEqual([thrown, true]);
      settle();
      const known = new Set([getCurrent(), ...(helpers?.() ?? [])]);
      // What `map` has begun goes on; its Group knows it.
      expect(
        getHub()
          .greenlets()
          .filter((one) => !known.has(one)),
      ).toEqual([]);
    })(),
  );
});
