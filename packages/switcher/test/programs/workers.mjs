// Several threads run beside the main thread, each with hundreds of greenlets. Some end by
// themselves, some by process.exit() in a greenlet, some by an error, and some are terminated while
// everything is parked.
import { RawGreenlet, report, root, current } from "@greenlit/switcher";
import { Worker, isMainThread, parentPort, workerData } from "node:worker_threads";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const GREENLETS = scaled(500);

function crowd(rounds) {
  const greenlets = Array.from(
    { length: GREENLETS },
    () =>
      new RawGreenlet((number) => {
        const kept = { number };
        for (;;) kept.number += park(kept.number);
      }),
  );
  greenlets.forEach((greenlet, number) =>
    check(greenlet.switch(number) === number, "a first word"),
  );
  for (let round = 1; round <= rounds; round++) {
    greenlets.forEach((greenlet, number) =>
      check(greenlet.switch(1) === number + round, "its own number"),
    );
    if (round % 4 === 0) collect("minor");
    if (round % 10 === 0) new RawGreenlet(() => collect()).switch();
  }
  check(current() === root() && report().stacks >= GREENLETS, "stacks of this thread");
}

if (isMainThread) {
  const endings = {
    natural: 0,
    "exit in a greenlet": 17,
    "error in a greenlet": 1,
    "terminated while parked": 1,
  };
  const ended = Object.entries({
    ...endings,
    ...Object.fromEntries(Object.entries(endings).map(([k, v]) => [`${k} `, v])),
  }).map(
    ([ending, code]) =>
      new Promise((resolve) => {
        const worker = new Worker(new URL(import.meta.url), { workerData: ending.trim() });
        let ready = false;
        let error;
        worker.on("error", (e) => (error = e));
        worker.on("message", () => {
          ready = true;
          if (ending.startsWith("terminated")) worker.terminate();
        });
        worker.on("exit", (actual) => {
          check(ready, `"${ending}" did its work: ${error?.stack}`);
          same(actual, code, ending);
          same(error?.message, ending.startsWith("error") ? "boom" : undefined, ending);
          resolve();
        });
      }),
  );
  crowd(20);
  const busy = setInterval(() => crowd(1), 10);
  await Promise.all(ended);
  clearInterval(busy);
  crowd(20);
  pass(GREENLETS * 40 + 24);
} else {
  crowd(40);
  // Wait until the message has left: process.exit() and errors do not wait for it.
  parentPort.postMessage("ready");
  setTimeout(() => {
    if (workerData === "exit in a greenlet") new RawGreenlet(() => process.exit(17)).switch();
    if (workerData === "error in a greenlet")
      new RawGreenlet(() => {
        throw new Error("boom");
      }).switch();
    if (workerData === "terminated while parked") setInterval(() => {}, 1000);
  }, 30);
}
