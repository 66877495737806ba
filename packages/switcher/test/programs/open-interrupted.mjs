// Other threads ask for something while the switcher looks for V8's state and proves itself. That
// is heard and does no harm. A worker that is to stop does so, although it never comes back to its
// loop. When `vm` runs out of time, the next try works.
import { open, RawGreenlet, report } from "@greenlit/switcher";
import { once } from "node:events";
import vm from "node:vm";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { loadBinding } from "../../dist/binding.js";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { driver, park } from "../support/switcher.mjs";

/** About as long as it takes to open. */
const MILLISECONDS = 12;

function spin(ms) {
  for (const end = performance.now() + ms; performance.now() < end;);
}

/** A greenlet that is suspended in the middle of V8's own work. */
function switchInside() {
  const text = { toJSON: () => (park(), "inside") };
  const greenlet = new RawGreenlet(() => JSON.stringify([text]));
  greenlet.switch();
  collect("minor");
  same(JSON.stringify({ a: [1] }), '{"a":[1]}', "JSON, while another is suspended in it");
  same(greenlet.switch(), '["inside"]', "JSON, suspended");
}

const jobs = {
  /** Is terminated when it has begun. */
  terminated({ begun }) {
    Atomics.store(new Int32Array(begun), 0, 1);
    open();
    for (;;);
  },
  /** Runs out of time. */
  late({ timeout }) {
    const prepare = Error.prepareStackTrace;
    try {
      vm.runInNewContext("open(); for (;;);", { open }, { timeout });
    } catch (error) {
      same(error.code, "ERR_SCRIPT_EXECUTION_TIMEOUT", "out of time");
    }
    const [head, frame] = new Error("of the program").stack.split("\n");
    check(head === "Error: of the program" && frame.startsWith("    at "), `${head}\n${frame}`);
    check(Error.prepareStackTrace === prepare, "nothing is left behind");
    switchInside();
    same(report().refused, [], "nothing is refused");
    check(report().driver === workerData.driver, report().driver);
  },
};

if (!isMainThread) {
  loadBinding(); // a module that is interrupted while it loads is Node's to mend
  parentPort.postMessage("loaded");
  spin(2); // until the message is there and the main thread watches
  jobs[workerData.job](workerData);
} else {
  const name = driver();
  const TRIALS = scaled(40);
  for (let trial = 0; trial < TRIALS; trial++) {
    const begun = new SharedArrayBuffer(4);
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { job: "terminated", begun },
    });
    await once(worker, "message");
    while (Atomics.load(new Int32Array(begun), 0) === 0);
    spin((MILLISECONDS * trial) / TRIALS);
    const deaf = new Promise((resolve) => setTimeout(resolve, 20_000, "deaf").unref());
    same(await Promise.race([worker.terminate(), deaf]), 1, `trial ${trial}: its exit code`);
  }
  for (let trial = 0; trial < TRIALS; trial++) {
    const timeout = 1 + (trial % MILLISECONDS);
    const worker = new Worker(new URL(import.meta.url), {
      workerData: { job: "late", timeout, driver: name },
    });
    const [code] = await once(worker, "exit");
    same(code, 0, `trial ${trial}: the exit code`);
  }
  pass(2 * TRIALS);
}
