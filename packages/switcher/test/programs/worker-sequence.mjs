// Fifty workers run one after the other, and each has parked greenlets when it ends. Nothing of a
// worker's thread may outlive it, and the process does not grow.
import { RawGreenlet } from "@greenlit/switcher";
import { readFileSync } from "node:fs";
import { Worker, isMainThread, parentPort } from "node:worker_threads";
import { check, collect, pass, same, scaled, unless } from "@greenlit/testing/program";
import { noProc, park } from "../support/switcher.mjs";

if (isMainThread) {
  const WORKERS = scaled(50);
  const mine = new RawGreenlet(() => {
    for (;;) park({ of: "main" });
  });
  const addressSpace = () =>
    noProc
      ? 0
      : Number(/^VmSize:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "utf8"))[1]) * 1024;
  let early = 0;
  for (let n = 0; n < WORKERS; n++) {
    const worker = new Worker(new URL(import.meta.url));
    const answer = new Promise((resolve, reject) =>
      worker.once("message", resolve).once("error", reject),
    );
    const ended = new Promise((resolve) => worker.once("exit", resolve));
    same(mine.switch(), { of: "main" }, "a greenlet of the main thread");
    check((await answer) === 200, "the worker's greenlets");
    same(await ended, 0, "the worker's exit code");
    if (n % 10 === 9) collect();
    if (n === Math.floor(WORKERS / 2)) early = addressSpace();
  }
  // 200 stacks reserve about 250 MB in each worker. If twenty workers kept theirs, it would show.
  const growth = addressSpace() - early;
  if (unless(noProc, "the size of the process"))
    check(growth < 600e6, `address space grew by ${growth} bytes`);
  pass(WORKERS * 3 + 1);
} else {
  const greenlets = Array.from({ length: 200 }, (_, i) => new RawGreenlet(() => park([i])));
  const answers = greenlets.map((greenlet) => greenlet.switch()[0]);
  collect("minor");
  for (const greenlet of greenlets.slice(0, 50)) greenlet.switch();
  parentPort.postMessage(new Set(answers).size);
}
