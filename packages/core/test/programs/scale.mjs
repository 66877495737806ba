// What one waiter costs must not depend on how many others wait. Counts the work, and does not time
// it, for two numbers of waiters: ten times as many must make about ten times the work in all. 13
// times would be O(log n) for each waiter, 100 times O(n).
import { writeSync } from "node:fs";
import { check, pass, scaled } from "@greenlit/testing/program";
import { workOf } from "../support/work.mjs";

const {
  AsyncResult,
  Channel,
  Condition,
  Event,
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
  Timer,
  waitAll,
} = await import("@greenlit/core");

const FEW = scaled(200);
const MANY = 10 * FEW;
const LIMIT = 16;

function repeat(n, fn) {
  for (let i = 0; i < n; i++) fn();
}

/** Numbers from 0 up to 1, the same each time. */
function numbers() {
  let seed = 1;
  return () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
}

function shuffled(items) {
  const next = numbers();
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const at = Math.floor(next() * (i + 1));
    [all[i], all[at]] = [all[at], all[i]];
  }
  return all;
}

function locked(lock, fn) {
  lock.acquire();
  try {
    fn();
  } finally {
    lock.release();
  }
}

/** Each gives `wait`, which blocks, and `wakeAll`, which lets all `n` that wait go on. */
const WAITS = {
  "Event.wait"() {
    const event = new Event();
    return { wait: (options) => event.wait(options), wakeAll: () => event.set() };
  },
  "AsyncResult.wait"() {
    const result = new AsyncResult();
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
    const queue = new Queue();
    return {
      wait: (options) => queue.get(options),
      wakeAll: (n) => repeat(n, () => queue.put(1)),
    };
  },
  "Queue.put"() {
    const queue = new Queue(1);
    queue.put(0);
    return {
      wait: (options) => queue.put(1, options),
      wakeAll: (n) => repeat(n, () => queue.get()),
    };
  },
  "Channel.receive"() {
    const channel = new Channel();
    return {
      wait: (options) => channel.receive(options),
      wakeAll: (n) => repeat(n, () => channel.send(1)),
    };
  },
  "Channel.send"() {
    const channel = new Channel();
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
      wait: (options) => locked(condition.lock, () => condition.wait(options)),
      wakeAll: () => locked(condition.lock, () => condition.notifyAll()),
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
        const deadline = new Timeout(timeout ?? null);
        try {
          event.wait();
        } finally {
          deadline.cancel();
        }
      },
      wakeAll: () => event.set(),
    };
  },
};

/** `n` greenlets that wait, each with a timeout of its own, in milliseconds. */
function park(n, wait, shortest, longest) {
  const next = numbers();
  const all = Array.from({ length: n }, () => {
    const timeout = shortest + next() * (longest - shortest);
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

const HOURS = [3_600_000, 7_200_000];

/** Each gives the work that `n` waiters make. */
const ENDS = {
  "to wake all"(n, { wait, wakeAll }) {
    const all = park(n, wait, ...HOURS);
    return workOf(() => {
      wakeAll(n);
      joinAll(all);
    });
  },
  "to kill all, in any order"(n, { wait, wakeAll }) {
    const all = shuffled(park(n, wait, ...HOURS));
    const work = workOf(() => {
      for (const greenlet of all) greenlet.kill(undefined, { block: false });
      joinAll(all);
    });
    wakeAll(0);
    return work;
  },
  "to kill all that wait with one signal"(n, { wait, wakeAll }) {
    const { signal } = new AbortController();
    const work = workOf(() =>
      killAll(park(n, (options) => wait({ ...options, signal }), ...HOURS)),
    );
    wakeAll(0);
    return work;
  },
  "when the time of all is up"(n, { wait, wakeAll }) {
    const work = workOf(() => joinAll(park(n, wait, 1, 20)));
    wakeAll(0);
    return work;
  },
};

/** What can be linked to: not ready yet, and how it becomes so. */
const LINKABLE = {
  Event() {
    const target = new Event();
    return { target, ready: () => target.set() };
  },
  AsyncResult() {
    const target = new AsyncResult();
    return { target, ready: () => target.set(1) };
  },
  Semaphore() {
    const target = new Semaphore(0);
    return { target, ready: () => target.release() };
  },
  Queue() {
    const target = new Queue();
    return { target, ready: () => target.put(1) };
  },
  Channel() {
    const target = new Channel(1);
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

const functions = (n) => Array.from({ length: n }, () => () => {});

const LINKS = {
  "to take links back, in any order"(n, { target, ready }) {
    const all = functions(n);
    for (const fn of all) target.link(fn);
    const order = shuffled(all);
    const work = workOf(() => {
      for (const fn of order) target.unlink(fn);
    });
    ready();
    return work;
  },
  "to take links back that are all of one function"(n, { target, ready }) {
    const fn = () => {};
    const work = workOf(() => {
      repeat(n, () => target.link(fn));
      repeat(n, () => target.unlink(fn));
    });
    ready();
    return work;
  },
  "to call links, also when it has been ready before"(n, { target, ready }) {
    let calls = 0;
    const all = Array.from({ length: n }, () => () => void calls++);
    return workOf(() => {
      for (const fn of all) target.link(fn);
      ready();
      for (const fn of all) target.link(fn);
      while (calls < 2 * n) sleep(0);
    });
  },
};

const OTHERS = {
  waitAll(n) {
    const all = Array.from({ length: n }, () => spawn(() => {}));
    return workOf(() => check(waitAll(all).length === n, "all of them"));
  },
  "timers that are set and stopped beside others"(n) {
    const next = numbers();
    const set = () => new Timer(1 + next() * HOURS[1], () => {});
    const others = Array.from({ length: n }, set);
    const work = workOf(() => {
      for (const timer of shuffled(Array.from({ length: n }, set))) timer.stop();
    });
    for (const timer of others) timer.stop();
    return work;
  },
  "iwait, left early"(n) {
    const all = Array.from({ length: n }, () => new Event());
    all[0].set();
    const first = iwait(all);
    check(first.next().value === all[0], "the first one");
    return workOf(() => first.return());
  },
};

async function expectToScale(what, measure) {
  const few = await run(() => measure(FEW));
  const many = await run(() => measure(MANY));
  check(
    few > 0 && many < LIMIT * few,
    `${what}: ${FEW} make ${few} steps, and ${MANY} make ${many}`,
  );
  if (process.argv[2] === "--show")
    writeSync(1, `${what}: ${few}, ${many}: ${(many / few).toFixed(1)}\n`);
}

for (const [kind, make] of Object.entries(WAITS)) {
  for (const [end, measure] of Object.entries(ENDS)) {
    await expectToScale(`${kind}, ${end}`, (n) => measure(n, make()));
  }
}
for (const [kind, make] of Object.entries(LINKABLE)) {
  for (const [act, measure] of Object.entries(LINKS)) {
    await expectToScale(`${kind}, ${act}`, (n) => measure(n, make()));
  }
}
for (const [what, measure] of Object.entries(OTHERS)) await expectToScale(what, measure);
pass(70);
