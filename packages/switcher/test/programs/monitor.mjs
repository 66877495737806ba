// The monitor tells what keeps the event loop from turning, with the stack of the greenlet that
// blocks it. It is silent about a loop that sleeps, or that is busy but turns. It also tells of
// code that never ends. It may end at any time, together with its thread.
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
  /** Blocks, and checks that this is told once, with a stack that matches. */
  const isTold = async (name, block, pattern) => {
    // On a busy machine the monitor's thread may get no time meanwhile: then try again, and longer.
    for (let ms = 4 * LIMIT; ; ms *= 2) {
      told.length = 0;
      await later(1);
      block(ms);
      await later(LIMIT / 4);
      const found = told.filter(({ stack }) => pattern.test(stack));
      if (found.length === 0 && ms < 64 * LIMIT) continue;
      same(found.length, 1, `${name}: once, of ${JSON.stringify(told)}`);
      check(found[0].ms >= LIMIT && found[0].ms < 1000 * LIMIT, `${name}: ${found[0].ms} ms`);
      return;
    }
  };
  const inBlocker = /at spin .*\n {4}at blocker .*monitor\.mjs/;
  const begins = (ms) =>
    new RawGreenlet(function blocker() {
      spin(ms);
    }).switch();
  const goesOn = (ms) => {
    const greenlet = new RawGreenlet(function blocker() {
      root().switch();
      spin(ms);
    });
    greenlet.switch();
    greenlet.switch();
  };
  await isTold("a greenlet that has just begun", begins, inBlocker);
  await isTold("one that goes on after others", goesOn, inBlocker);
  const onRoot = (ms) => spin(ms);
  await isTold("the root", onRoot, /at onRoot/);
  const outside = (ms) => execFileSync("sleep", [String(ms / 1000)]);
  await isTold("outside JavaScript", outside, /at outside/);

  // The loop sleeps; then it is busy for as long, but in many turns.
  told.length = 0;
  await later(5 * LIMIT);
  let late = 0;
  for (let now = performance.now(), end = now + 5 * LIMIT; now < end;) {
    spin(1);
    await new Promise((resolve) => setImmediate(resolve));
    const before = now;
    now = performance.now();
    if (now - before > 0.8 * LIMIT) late++;
  }
  // Collections of a slow V8, or a busy machine, may really block it.
  check(told.every(({ ms }) => ms > LIMIT) && told.length < late + 3, JSON.stringify(told));
  stop();
  stop();
  told.length = 0;
  spin(4 * LIMIT);
  await later(LIMIT / 4);
  same(told, [], "nothing once it is ended");

  // It tells of code that never ends, too.
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

  // Threads end while they are watched, by themselves and by force.
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
