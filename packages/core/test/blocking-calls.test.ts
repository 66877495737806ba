// The contract of @greenlit/testing/blocking-calls, over a table of all calls of the core.
import { describe, expect, it } from "vitest";
import * as core from "../src/index.js";
import {
  AsyncResult,
  blocking,
  BoundedSemaphore,
  Channel,
  Condition,
  Event,
  getCurrent,
  type Greenlet,
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
  wait,
  waitAll,
  type WaitOptions,
} from "../src/index.js";
import {
  type BlockedCall,
  type BlockingCall,
  describeBlockingCalls,
  strayNames,
} from "@greenlit/testing/blocking-calls";

const never = (): never => {
  for (;;) sleep(Infinity);
};

/** A greenlet that outlives a kill until it is killed by `helpers` a second time. */
function stubborn(): { greenlet: Greenlet; release: Event } {
  const release = new Event();
  const greenlet = spawn(() => shield(() => release.wait())) as Greenlet;
  return { greenlet, release };
}

function onGreenlet(call: (g: Greenlet, options?: WaitOptions) => unknown): () => BlockedCall {
  return () => {
    const g = spawn(never) as Greenlet;
    return { call: (options) => call(g, options), at: [g], helpers: () => [g] };
  };
}

function killing(call: (g: Greenlet, options?: WaitOptions) => unknown): () => BlockedCall {
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
): () => BlockedCall {
  return () => {
    const object = make();
    return { call: (options) => call(object, options), at: [object] };
  };
}

function onHeldLock(call: (lock: RLock, options?: WaitOptions) => unknown): () => BlockedCall {
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
  return (): BlockedCall => {
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
  return (): BlockedCall => {
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

const CALLS: BlockingCall[] = [
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
    spreads: true,
    blocked: onGreenlet((g, o) => joinAll([g], { ...o, raiseError: true })),
  },
  {
    name: "killAll",
    actsFirst: true,
    gives: undefined,
    blocked: killing((g, o) => killAll([g], undefined, o)),
  },
  { name: "Greenlet.get", blocked: onGreenlet((g, o) => g.get(o)) },
  { name: "Greenlet.join", gives: false, blocked: onGreenlet((g, o) => g.join(o)) },
  {
    name: "Greenlet.kill",
    actsFirst: true,
    gives: undefined,
    blocked: killing((g, o) => g.kill(undefined, o)),
  },
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
  ...QUEUES.flatMap((Kind): BlockingCall[] => [
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
  {
    name: "Pool.spawn",
    begins: true,
    takes: [],
    blocked: onGroup(GROUPS[1][1], (p) => p.spawn(never)),
  },
  {
    name: "Pool.waitAvailable",
    begins: true,
    gives: false,
    blocked: onGroup(GROUPS[1][1], (p, o) => (p as Pool).waitAvailable(o)),
  },
  ...GROUPS.flatMap(([kind, make]): BlockingCall[] => [
    {
      name: `${kind}.apply`,
      begins: true,
      takes: [],
      blocked: onGroup(make, (p) => p.apply(never)),
    },
    {
      name: `${kind}.map`,
      begins: true,
      blocked: onGroup(make, (p, o) => p.map(never, [1, 2], o)),
    },
    { name: "imap", begins: true, blocked: onGroup(make, (p, o) => [...p.imap(never, [1, 2], o)]) },
    {
      name: "imapUnordered",
      begins: true,
      blocked: onGroup(make, (p, o) => [...p.imapUnordered(never, [1, 2], o)]),
    },
    {
      name: `${kind}.join`,
      begins: true,
      gives: false,
      blocked: onGroup(make, (p, o) => p.join(o)),
    },
    {
      name: `${kind}.kill`,
      actsFirst: true,
      begins: true,
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
    spreads: true,
    blocked: () => ({ call: (o) => scope(() => never(), { ...o, policy: "settle" }) }),
  },
  {
    name: "blocking",
    timeoutName: "wait",
    blocked: () => ({ call: (o) => [...blocking(silent, o)] }),
  },
];

/** Functions of the core that never block, or only where what they call does. */
const OTHERS =
  "after dump formatDump getCurrent getHub gettrace local noSwitch run settrace shield spawn " +
  "spawnLater spawnRaw withTimeout";

it("every function of the core is in the table, or is known not to block", () => {
  const functions = CALLS.map(({ name }) => name).filter((name) => name in core);
  expect(strayNames(core, functions, OTHERS.split(" "))).toEqual({ missing: [], unknown: [] });
});

describeBlockingCalls(CALLS, { describe, it });
