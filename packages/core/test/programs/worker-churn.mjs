// 300 workers, a few at once, each with greenlets parked when it ends, in every way a worker ends:
// once the first hundred have gone, the process needs no further memory, memory mappings or
// descriptors.
import { Event, run, sleep, spawn } from "@greenlit/core";
import { readdirSync, readFileSync } from "node:fs";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const WAYS = {
  natural: 0,
  "process.exit in a greenlet": 7,
  terminated: 1,
  "terminated, running": 1,
};

if (!isMainThread) {
  for (let i = 0; i < 100; i++) spawn(() => new Event().wait()).daemon = true;
  const values = await Promise.all([1, 2, 3].map((n) => run(() => (sleep(1), n))));
  parentPort.postMessage(values.length);
  if (workerData.startsWith("terminated")) setInterval(() => {}, 1000);
  // Later, so that the message has left.
  setTimeout(() => {
    if (workerData === "process.exit in a greenlet") spawn(() => process.exit(7));
    if (workerData === "terminated, running") {
      spawn(() => {
        for (;;);
      });
    }
  }, 10);
} else {
  const WORKERS = scaled(300);
  const AT_ONCE = 4;
  const ways = Object.keys(WAYS);
  const mine = Array.from({ length: 50 }, () => spawn(() => new Event().wait()));
  for (const greenlet of mine) greenlet.daemon = true;

  const count = () => {
    gc();
    const { rss } = process.memoryUsage();
    const mappings = readFileSync("/proc/self/maps", "utf8").split("\n").length;
    return { mappings, descriptors: readdirSync("/proc/self/fd").length, megabytes: rss / 2 ** 20 };
  };

  let started = 0;
  const one = async () => {
    const way = ways[started++ % ways.length];
    const worker = new Worker(new URL(import.meta.url), { workerData: way });
    const ended = new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    const message = new Promise((resolve) => worker.once("message", resolve));
    same(await message, 3, "its greenlets' work");
    if (way === "terminated") void worker.terminate();
    if (way === "terminated, running") setTimeout(() => worker.terminate(), 30);
    same(await ended, WAYS[way], way);
  };
  const round = async (workers) => {
    const until = started + workers;
    await Promise.all(
      Array.from({ length: AT_ONCE }, async () => {
        while (started < until) await one();
      }),
    );
    return count();
  };

  const first = await round(Math.ceil(WORKERS / 3));
  const second = await round(Math.ceil(WORKERS / 3));
  let third = await round(Math.ceil(WORKERS / 3));
  // An allocator's arenas come and go, by some 50 either way. A worker that kept its mappings would
  // leave dozens behind.
  const limits = {
    descriptors: first.descriptors + 2,
    mappings: first.mappings + Math.max(60, WORKERS / 3),
    megabytes: first.megabytes * 1.3 + 20,
  };
  const needsMore = () => Object.keys(limits).filter((name) => third[name] > limits[name]);
  // Threads give back what they had a little after their end.
  for (let i = 0; i < 200 && needsMore().length > 0; i++) {
    await run(() => sleep(50));
    third = count();
  }
  const text = JSON.stringify([first, second, third]);
  if (process.env.VERBOSE) console.error(text);
  same(needsMore(), [], `what it needs more of: ${text}`);
  check(
    mine.every((greenlet) => !greenlet.dead),
    "the main thread's own are still parked",
  );
  pass(2 * WORKERS);
}
