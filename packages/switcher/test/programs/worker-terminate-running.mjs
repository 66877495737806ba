// worker.terminate() while a greenlet of the worker runs an endless loop, in several positions. V8
// unwinds that stack and the root, runs no `finally`, and the thread ends.
import { RawGreenlet, current } from "@greenlit/switcher";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { check, pass, same } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const LOOPS = {
  "a plain loop": () => {
    for (;;);
  },
  "in a builtin": () =>
    [1].forEach(() => {
      for (;;);
    }),
  "in a greenlet started by a greenlet": () =>
    new RawGreenlet(() => {
      for (;;);
    }).switch(),
  "switching all the time"() {
    const other = new RawGreenlet(() => {
      for (;;) me.switch();
    });
    const me = current();
    for (;;) other.switch();
  },
  "recursing and overflowing"() {
    const dive = () => dive() + 1;
    for (;;)
      try {
        dive();
      } catch {
        /* RangeError */
      }
  },
  "waiting natively"() {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
};

if (isMainThread) {
  const bystander = new RawGreenlet(() => park("parked") + 1);
  bystander.switch();
  for (const name of Object.keys(LOOPS)) {
    const worker = new Worker(new URL(import.meta.url), { workerData: name });
    const messages = [];
    worker.on("message", (message) => messages.push(message));
    worker.on("error", (error) => messages.push(error.stack));
    await new Promise((resolve) => worker.once("message", resolve));
    await new Promise((resolve) => setTimeout(resolve, 40));
    const code = await worker.terminate();
    same(code, 1, name);
    same(messages, ["running"], `${name}: messages`);
  }
  check(bystander.switch(1) === 2, "a greenlet of the main thread");
  pass(2 * Object.keys(LOOPS).length + 1);
} else {
  const tell = (text) => parentPort.postMessage(text);
  for (let i = 0; i < 100; i++)
    new RawGreenlet(() => {
      try {
        park();
      } finally {
        tell("unwound");
      }
    }).switch();
  // Later than the evaluation of the module, so that the message can leave.
  tell("running");
  setTimeout(() => {
    try {
      new RawGreenlet(() => {
        try {
          LOOPS[workerData]();
        } finally {
          tell("finally");
        }
      }).switch();
      tell("went on");
    } finally {
      tell("finally on the root");
    }
  }, 10);
}
