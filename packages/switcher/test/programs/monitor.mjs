// The monitor tells what keeps the event loop from turning, with the stack of the greenlet that does; nothing of a loop that sleeps,
// or is busy but turns. It is heard of what never ends, and may end at any time, with its thread.
import { execFileSync, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";
import { open, RawGreenlet, root, startMonitor } from "@greenlit/switcher";
import { check, collect, pass, same, scaled, thrownBy } from "@greenlit/testing/program";

const FILE = fileURLToPath(import.meta.url);
const LIMIT = 100;

function spin(ms) {
  let x = 0;
  for (const end = performance.now() + ms; performance.now() < end;) x += Math.sqrt(x + 1);
  return x;
}
const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

if (!isMainThread) {
  startMonitor({ limit: 10, onBlocked: () => {} });
  spin(25);
  setTimeout(() => {}, 5);
} else if (process.argv[2] === "for ever") {
  open(); // which takes its time where V8 is slow
  startMonitor({ limit: LIMIT });
  await later(1);
  const endless = new RawGreenlet(function endless() {
    for (;;) spin(10);
  });
  endless.switch();
} else {
  await judge();
}

async function judge() {
  for (const limit of [0, 9, -1, Number.NaN, 60_001, "fast"]) {
    check(thrownBy(() => startMonitor({ limit }), "a limit") instanceof RangeError, "range");
  }
  check(thrownBy(() => startMonitor({ onBlocked: 1 }), "no function") instanceof TypeError, "type");

  open();
  const told = [];
  const stop = startMonitor({ limit: LIMIT, onBlocked: (ms, stack) => told.push({ ms, stack }) });
  check(thrownBy(() => startMonitor(), "a second one").message.includes("already"), "only one");
  // A greenlet that has just begun, and one that goes on after others.
  const blocker = new RawGreenlet(function blocker() {
    spin(4 * LIMIT);
    root().switch();
    spin(4 * LIMIT);
  });
  for (const name of ["begins", "goes on"]) {
    told.length = 0;
    await later(1);
    blocker.switch();
    await later(LIMIT / 4);
    const first = told.find(({ stack }) => /at spin .*\n {4}at blocker .*monitor\.mjs/.test(stack));
    check(first !== undefined, `${name}: ${JSON.stringify(told)}`);
    check(first.ms >= LIMIT && first.ms < 100 * LIMIT, `${name}: ${first.ms} ms`);
    same(told.length, 1, `${name}: once`);
  }
  // On the root, and outside JavaScript.
  told.length = 0;
  spin(4 * LIMIT);
  await later(LIMIT / 4);
  execFileSync("sleep", [String((4 * LIMIT) / 1000)]);
  await later(LIMIT / 4);
  check(
    told.length === 2 && told.every(({ stack }) => stack.includes("judge")),
    JSON.stringify(told),
  );

  // It sleeps; and it is busy for as long, in many turns.
  told.length = 0;
  await later(5 * LIMIT);
  for (const end = performance.now() + 5 * LIMIT; performance.now() < end;) {
    spin(1);
    await new Promise((resolve) => setImmediate(resolve));
  }
  // Collections of a slow V8 may block it in earnest.
  check(told.every(({ ms }) => ms > LIMIT) && told.length < 3, JSON.stringify(told));
  stop();
  stop();
  told.length = 0;
  spin(4 * LIMIT);
  await later(LIMIT / 4);
  same(told, [], "nothing once it is ended");

  // What never ends is heard of all the same.
  const child = spawn(process.execPath, [...process.execArgv, FILE, "for ever"], {
    stdio: ["ignore", "ignore", "pipe"],
    timeout: 60_000,
  });
  let text = "";
  for await (const chunk of child.stderr) {
    text += chunk;
    if (text.includes("at endless")) break;
  }
  child.kill("SIGKILL");
  check(/greenlit: the event loop has been blocked for \d+ ms\n {4}at /.test(text), text);

  // Threads that end, by themselves and by force, while they are watched.
  for (let i = 0; i < scaled(30); i++) {
    const worker = new Worker(FILE);
    const ended = new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    if (i % 2 === 1) {
      await later(i);
      await worker.terminate();
    }
    const code = await ended;
    check(code === 0 || i % 2 === 1, `a worker ended with ${code}`);
    collect();
  }
  pass(20);
}
