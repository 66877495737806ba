// Another thread asks V8 to stop what runs, in the very moment of a switch. The stack that runs
// next must stop, although the stack that was just left never runs again. And that stack must not
// stop a second time if it does run.
import { open, RawGreenlet } from "@greenlit/switcher";
import vm from "node:vm";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { loadBinding } from "../../dist/binding.js";
import { check, pass, same, scaled, unless } from "@greenlit/testing/program";
import { driver, park } from "../support/switcher.mjs";

open();
const kept = [];
const leaveOneBehind = () => {
  const greenlet = new RawGreenlet(() => void park());
  kept.push(greenlet);
  greenlet.switch();
};

// Under `thread` most of the time goes into switches, so most requests fall into one.
const SWITCHES = driver() === "thread" ? 500 : 10_000;
const unheard =
  !loadBinding().drivers().includes("direct") && "needs to look into V8's archives, on Linux";

if (!isMainThread) {
  parentPort.postMessage("ready");
  setTimeout(() => {
    for (let i = 0; i < SWITCHES; i++) leaveOneBehind();
    for (;;);
  }, 5);
} else if (!unless(unheard, "requests during a switch")) {
  pass(0);
} else {
  const TRIALS = Math.min(60, scaled(60) + 10);
  for (let trial = 0; trial < TRIALS; trial++) {
    let missed = false;
    const sandbox = {
      leaveOneBehind,
      n: SWITCHES,
      now: () => performance.now(),
      miss: () => (missed = true),
    };
    const code =
      "for (let i = 0; i < n; i++) leaveOneBehind(); " +
      "const end = now() + 3000; while (now() < end); miss()";
    let error;
    try {
      vm.runInNewContext(code, sandbox, { timeout: 1 + (trial % 12) });
    } catch (e) {
      error = e;
    }
    check(!missed && error?.code === "ERR_SCRIPT_EXECUTION_TIMEOUT", `trial ${trial}: ${error}`);
    // The last of them may have been stopped before it started.
    for (const greenlet of kept) for (let n = 0; n < 2 && !greenlet.dead; n++) greenlet.switch();
    check(
      kept.every((greenlet) => greenlet.dead),
      `trial ${trial}: those that were left go on`,
    );
    kept.length = 0;
  }

  for (let trial = 0; trial < 8; trial++) {
    const worker = new Worker(new URL(import.meta.url));
    await new Promise((resolve) => worker.once("message", resolve));
    await new Promise((resolve) => setTimeout(resolve, 6 + trial));
    same(await worker.terminate(), 1, "a worker that is terminated while it switches");
  }
  pass(2 * TRIALS + 8);
}
