// Atomics.wait in a greenlet: nothing else keeps the loop alive, and other threads notify.
import assert from "node:assert";
import { Worker } from "node:worker_threads";
import { run, spawn } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";

patchAll();
const words = new Int32Array(new SharedArrayBuffer(8));
assert.equal(await run(() => Atomics.wait(words, 0, 0, 20)), "timed-out");

// The worker does not keep the loop alive, either. It notifies when it sees that we wait.
const worker = new Worker(
  `const { workerData: words } = require("node:worker_threads");
   while (Atomics.notify(words, 0, 1) === 0);
   // Here it is the worker that waits, as any thread may.
   Atomics.wait(words, 1, 0);`,
  { eval: true, workerData: words },
);
worker.unref();
await run(() => {
  let others = 0;
  spawn(() => others++);
  assert.equal(Atomics.wait(words, 0, 0), "ok");
  assert.equal(others, 1);
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
});
console.log("pass");
