// async/await: switch SCALE | spawn SCALE | context SCALE | sleepers N | asleep N | parked N
import { AsyncLocalStorage, AsyncResource } from "node:async_hooks";

async function nanoseconds(n, fn) {
  await fn(n);
  const times = [];
  for (let i = 0; i < 3; i++) {
    const start = process.cpuUsage();
    await fn(n);
    const { user, system } = process.cpuUsage(start);
    times.push(((user + system) / n) * 1e3);
  }
  return times.sort((a, b) => a - b)[1];
}

async function turns(n) {
  for (let i = 0; i < n; i++) await null;
}

const down = async (depth, n) => (depth === 0 ? await turns(n) : await down(depth - 1, n));

/** `size` functions take turns; each await suspends one and resumes the next. */
const ring = (size, depth = 0) => {
  return async (n) => {
    const laps = Math.ceil(n / size);
    await Promise.all(Array.from({ length: size }, () => down(depth, laps)));
  };
};

const empty = async () => {};

async function create(n) {
  for (let i = 0; i < n; i++) await empty();
}

const all = (n) => Promise.all(Array.from({ length: n }, empty));

async function contexts(n) {
  const storage = new AsyncLocalStorage();
  const plain = await nanoseconds(n, ring(10));
  const store = (n) => {
    const tasks = Array.from({ length: 10 }, (_, i) => storage.run({ i }, turns, n / 10));
    return Promise.all(tasks);
  };
  const nested = async (n) => {
    const inner = (i) => storage.run({ i }, turns, n / 10);
    await Promise.all(Array.from({ length: 10 }, async (_, i) => inner(i)));
  };
  const scoped = async (n) => {
    const inner = (i) => {
      const resource = new AsyncResource("bench", { requireManualDestroy: true });
      return storage.run({ i }, () => resource.runInAsyncScope(turns, null, n / 10));
    };
    await Promise.all(Array.from({ length: 10 }, async (_, i) => inner(i)));
  };
  return {
    plain,
    store: await nanoseconds(n, store),
    nested: await nanoseconds(n, nested),
    scoped: await nanoseconds(n, scoped),
  };
}

async function parked(n) {
  globalThis.gc();
  const before = process.memoryUsage.rss();
  let open;
  const gate = new Promise((resolve) => (open = resolve));
  const tasks = Array.from({ length: n }, async () => await gate);
  globalThis.gc();
  const result = n > 0 ? { [`memory${n}`]: (process.memoryUsage.rss() - before) / 1024 / n } : {};
  const times = [0, 0, 0, 0, 0].map(() => {
    const start = performance.now();
    globalThis.gc();
    return performance.now() - start;
  });
  result[`full${n}`] = Math.min(...times);
  open();
  await Promise.all(tasks);
  return result;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function naps() {
  let seed = 1;
  return () => {
    seed = (seed * 16807) % 2147483647;
    return 1 + (seed % 50);
  };
}

async function sleepers(n) {
  const clocks = [];
  const works = [];
  for (let round = 0; round < 5; round++) {
    const nap = naps();
    const start = performance.now();
    const used = process.cpuUsage();
    await Promise.all(Array.from({ length: n }, async () => await sleep(nap())));
    const { user, system } = process.cpuUsage(used);
    clocks.push(performance.now() - start);
    works.push((user + system) / 1000);
  }
  const median = ([, ...rest]) => rest.sort((a, b) => a - b)[2];
  return { first: clocks[0], sleepers: median(clocks), work: median(works) };
}

async function asleep(n) {
  globalThis.gc();
  const before = process.memoryUsage.rss();
  const nap = naps();
  const tasks = Array.from({ length: n }, async () => await sleep(3_600_000 + nap()));
  globalThis.gc();
  return { asleep: (process.memoryUsage.rss() - before) / 1024 / tasks.length };
}

const questions = {
  switch: async (n) => ({
    shallow: await nanoseconds(n, ring(2)),
    deep50: await nanoseconds(n, ring(2, 50)),
    deep200: await nanoseconds(n, ring(2, 200)),
    ring10: await nanoseconds(n, ring(10)),
    ring1000: await nanoseconds(n, ring(1000)),
    ring10000: await nanoseconds(n, ring(10_000)),
    create: await nanoseconds(n, create),
  }),
  spawn: async (n) => ({
    spawnJoin: await nanoseconds(n, create),
    joinAll: await nanoseconds(Math.ceil((n * 2) / 3), all),
    sleep0: await nanoseconds(n, ring(10)),
  }),
  context: contexts,
};

const [question, argument] = [process.argv[2], Number(process.argv[3])];
const ofMany = { parked, sleepers, asleep };
const result =
  question in ofMany
    ? await ofMany[question](argument)
    : await questions[question](Math.ceil(150_000 * argument));
// Some are still asleep.
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit());
