// What scripts/soak.mjs runs: greenlets that do everything at random, from a seed, in the main
// thread and in workers. Prints one line of JSON for each sample. Every result is checked; the
// process fails on the first that is wrong.
import {
  Event,
  getHub,
  joinAll,
  Pool,
  Queue,
  run,
  Semaphore,
  sleep,
  spawn,
  wait,
  withTimeout,
} from "@greenlit/core";
import { AsyncLocalStorage } from "node:async_hooks";
import { readdirSync, readFileSync, writeSync } from "node:fs";
import { getHeapStatistics } from "node:v8";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const SAMPLE = 2000;
const { seed, minutes, workers } = isMainThread ? JSON.parse(process.argv[2]) : workerData;
const end = Date.now() + minutes * 60_000;

let state = seed >>> 0;
/** A whole number from 0 up to `below` (mulberry32). */
function random(below) {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
}

function check(condition, what) {
  if (!condition) throw new Error(`soak: ${what}`);
}

const storage = new AsyncLocalStorage();
let acts = 0;

function dive(depth) {
  if (depth === 0) {
    sleep(random(2));
    return 0;
  }
  return dive(depth - 1) + 1;
}

const overflow = () => overflow() + 1;

/** Each is one thing that greenlets do; all they spawn has ended when it returns. */
const ACTS = [
  function parks() {
    const event = new Event();
    const crowd = Array.from({ length: 1 + random(60) }, (_, i) => spawn(() => (event.wait(), i)));
    sleep(random(3));
    event.set();
    check(
      joinAll(crowd).every((g, i) => g.get() === i),
      "a parked greenlet's own value",
    );
  },
  function kills() {
    let cleaned = 0;
    const crowd = Array.from({ length: 1 + random(30) }, () =>
      spawn(() => {
        try {
          new Event().wait();
        } finally {
          cleaned++;
        }
      }),
    );
    if (random(4) > 0) sleep(0);
    const started = crowd.filter((g) => g.started).length;
    for (const greenlet of crowd) greenlet.kill();
    check(cleaned === started && crowd.every((g) => g.successful), "each killed one cleaned up");
  },
  function throws() {
    const greenlet = spawn((n) => {
      sleep(random(2));
      throw new RangeError(`number ${n}`);
    }, acts);
    const number = acts;
    try {
      greenlet.get();
    } catch (error) {
      return check(error.message === `number ${number}`, "the error");
    }
    throw new Error("soak: nothing was thrown");
  },
  function recurses() {
    const depth = random(3000);
    const crowd = Array.from({ length: 1 + random(4) }, () => spawn(dive, depth));
    check(
      crowd.every((g) => g.get() === depth),
      "depth",
    );
  },
  function overflows() {
    const greenlet = spawn(() => {
      try {
        return overflow();
      } catch (error) {
        sleep(0);
        return error instanceof RangeError;
      }
    });
    check(greenlet.get() === true, "a RangeError");
  },
  function collects() {
    const kept = Array.from({ length: 100 }, (_, i) => ({ i }));
    gc({ type: random(10) === 0 ? "major" : "minor" });
    sleep(0);
    check(
      kept.every(({ i }, n) => i === n),
      "what it kept",
    );
  },
  function queues() {
    const queue = new Queue(1 + random(5));
    const count = random(100);
    const producer = spawn(() => {
      for (let i = 0; i < count; i++) queue.put(i);
      queue.shutdown();
    });
    let next = 0;
    for (const item of queue) {
      check(item === next++, "the order of a queue");
      if (random(20) === 0) sleep(0);
    }
    producer.join();
    check(next === count, "all of a queue");
  },
  function semaphores() {
    const permits = 1 + random(4);
    const semaphore = new Semaphore(permits);
    let inside = 0;
    const crowd = Array.from({ length: 20 }, () =>
      spawn(() => {
        semaphore.acquire();
        check(++inside <= permits, "permits");
        sleep(random(2));
        inside--;
        semaphore.release();
      }),
    );
    for (const greenlet of crowd) greenlet.get();
  },
  function timesOut() {
    const crowd = Array.from({ length: 1 + random(20) }, () =>
      spawn(() => withTimeout(random(3), () => new Event().wait(), "late")),
    );
    check(
      crowd.every((g) => g.get() === "late"),
      "timeouts",
    );
  },
  function pools() {
    const pool = new Pool(1 + random(8));
    const doubled = [...pool.map((n) => (sleep(random(2)), 2 * n), [1, 2, 3, 4, 5, 6, 7, 8])];
    check(doubled.join() === "2,4,6,8,10,12,14,16", "a pool's order");
  },
  function contexts() {
    const crowd = Array.from({ length: 10 }, (_, i) =>
      spawn(() =>
        storage.run(i, () => {
          for (let turn = 0; turn < 5; turn++) {
            sleep(0);
            check(storage.getStore() === i, "its store");
          }
        }),
      ),
    );
    for (const greenlet of crowd) greenlet.get();
  },
  function promises() {
    const value = random(1000);
    check(wait(Promise.resolve(value)) === value, "a promise");
    const late = new Promise((resolve) => setTimeout(resolve, random(3), value));
    check(wait(late) === value, "a later promise");
  },
  function allocates() {
    let list = null;
    for (let i = 0; i < 20_000; i++) list = { i, list };
    sleep(0);
    let length = 0;
    for (; list !== null; list = list.list) length++;
    check(length === 20_000, "a long list");
  },
];

/** More at once than there ever are later: stacks are kept, so their number then stays the same. */
function warmUp() {
  const event = new Event();
  const crowd = Array.from({ length: 400 }, () => spawn(() => event.wait()));
  sleep(1);
  event.set();
  joinAll(crowd);
}

function lives() {
  while (Date.now() < end) {
    ACTS[random(ACTS.length)]();
    acts++;
    if (random(50) === 0) sleep(1 + random(20));
  }
}

if (isMainThread) {
  const alive = new Map();
  const all = Array.from({ length: workers }, (_, i) => {
    const data = { seed: seed + 1 + i, minutes, workers };
    const worker = new Worker(new URL(import.meta.url), { workerData: data });
    worker.on("message", (count) => alive.set(worker, count));
    return new Promise((resolve, reject) => {
      worker.on("error", reject);
      worker.on("exit", (code) =>
        code === 0 ? resolve() : reject(new Error(`worker: exit code ${code}`)),
      );
    });
  });
  const started = Date.now();
  const sample = () => {
    const counts = [...alive.values()];
    const line = {
      seconds: Math.round((Date.now() - started) / 1000),
      rss: process.memoryUsage().rss,
      mappings: readFileSync("/proc/self/maps", "utf8").split("\n").length - 1,
      descriptors: readdirSync("/proc/self/fd").length,
      heap: getHeapStatistics().used_heap_size,
      alive: getHub().greenlets().length + counts.reduce((sum, count) => sum + count.alive, 0),
      acts: acts + counts.reduce((sum, count) => sum + count.acts, 0),
    };
    writeSync(1, `${JSON.stringify(line)}\n`);
  };
  const timer = setInterval(sample, SAMPLE);
  await run(warmUp);
  await Promise.all([...all, run(lives), run(lives), run(lives)]);
  clearInterval(timer);
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
  check(getHub().greenlets().length === 0, "greenlets are left");
} else {
  const tell = () => parentPort.postMessage({ alive: getHub().greenlets().length, acts });
  const timer = setInterval(tell, SAMPLE / 2);
  await run(warmUp);
  await Promise.all([run(lives), run(lives), run(lives)]);
  clearInterval(timer);
  tell();
}
