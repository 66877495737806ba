// Each thread has a hub of its own: greenlets of several workers at once, beside the main thread's;
// workers that end naturally, by an error, by a deadlock, by process.exit() in a greenlet, or are
// terminated with hundreds parked.
import { Event, getHub, joinAll, Queue, run, sleep, spawn } from "@greenlit/core";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { check, matches, pass, same, scaled } from "@greenlit/testing/program";

/** Work that only comes out right if every greenlet keeps its own state. */
function work(count) {
  const queue = new Queue(4);
  const producers = Array.from({ length: count }, (_, i) =>
    spawn(() => {
      sleep(i % 3);
      queue.put(i);
    }),
  );
  const seen = new Set();
  const consumer = spawn(() => {
    for (const item of queue) seen.add(item);
  });
  joinAll(producers);
  queue.shutdown();
  consumer.join();
  return seen.size;
}

const COUNT = scaled(200);

/** How each worker ends: exit code, and the error it ends with. */
const endings = {
  natural: [0, null],
  "an error": [1, /boom/],
  "an unobserved error": [1, null],
  deadlock: [13, null],
  "LoopExit in main": [1, /deadlock/],
  "exit in a greenlet": [17, null],
  terminated: [1, null],
};

if (isMainThread) {
  const hub = getHub();
  const ended = [...Object.entries(endings), ...Object.entries(endings)].map(
    ([ending, [code, pattern]]) =>
      new Promise((resolve) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: ending, stderr: true });
        let error = null;
        let message = null;
        worker.stderr.resume();
        worker.on("error", (e) => (error = e));
        worker.on("message", (m) => {
          message = m;
          if (ending === "terminated") worker.terminate();
        });
        worker.on("exit", (actual) => {
          same(message, COUNT, `"${ending}" did its work: ${error?.stack}`);
          same(actual, code, ending);
          if (pattern === null) same(error, null, ending);
          else matches(String(error?.message), pattern, ending);
          resolve();
        });
      }),
  );
  await run(() => {
    for (let i = 0; i < 5; i++) {
      same(work(COUNT), COUNT, "the main thread's own work");
      sleep(5);
    }
  });
  await Promise.all(ended);
  same(await run(() => work(COUNT)), COUNT, "and after all have ended");
  check([...hub.greenlets()].length === 0, "nothing is left");
  pass(3 * 2 * Object.keys(endings).length + 7);
} else {
  parentPort.postMessage(await run(() => work(COUNT)));
  for (let i = 0; i < COUNT; i++) spawn(() => new Event().wait()).daemon = true;
  setTimeout(() => {
    if (workerData === "an error") throw new Error("boom");
    if (workerData === "an unobserved error")
      spawn(() => {
        throw new Error("boom");
      });
    if (workerData === "deadlock") spawn(() => new Event().wait());
    if (workerData === "LoopExit in main") run(() => new Event().wait());
    if (workerData === "exit in a greenlet") spawn(() => process.exit(17));
    if (workerData === "terminated") setInterval(() => {}, 1000);
  }, 30);
}
