// A debugger over the inspector's WebSocket: `debugger` statements, breakpoints, pausing and
// stepping inside greenlets, with others parked; what it evaluates there sees the greenlet's
// variables but may not block, and everything goes on right.
import { Event, getCurrent, getHub, run, sleep, spawn } from "@greenlit/core";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";
import { report } from "@greenlit/switcher";
import { check, matches, pass, same, unless } from "@greenlit/testing/program";
import { debuggee, waitForStart } from "../support/inspect.mjs";

const FILE = fileURLToPath(import.meta.url);
const LINES = readFileSync(FILE, "utf8").split("\n");
const line = (mark) =>
  LINES.findIndex((text) => text.includes(`// ${mark}`) && !text.includes("line("));
const tell = (text) => console.log(text);

function stopsHere(number) {
  const doubled = number * 2;
  // oxlint-disable-next-line no-debugger -- what this program is about
  debugger; // the statement
  const next = doubled + 1; // one step on
  sleep(2); // blocks
  const last = next + 1; // behind the switch
  return last;
}

function throwsAndCatches() {
  try {
    sleep(1);
    throw new TypeError("caught");
  } catch (error) {
    return error.message;
  }
}

const debuggees = {
  async statements() {
    globalThis.greenlit = { sleep, getCurrent, getHub, spawn };
    const event = new Event();
    const parked = Array.from({ length: 100 }, () => spawn(() => event.wait()));
    const values = await Promise.all([1, 2, 3].map((n) => run(stopsHere, n)));
    event.set();
    tell(values.join());
    tell((await Promise.all(parked)).length);
    tell(await run(throwsAndCatches));
  },
  async busy() {
    globalThis.greenlit = { sleep, getCurrent };
    const beside = run(() => (sleep(1), "beside"));
    const rounds = await run(function spins() {
      let n = 0;
      while (globalThis.stop !== true) n++;
      sleep(1);
      return n;
    });
    tell(rounds > 0);
    tell(await beside);
  },
  async worker() {
    const worker = new Worker(new URL(import.meta.url), { argv: ["in the worker"] });
    const [code] = await once(worker, "exit");
    tell(code);
  },
};

/** Evaluates in the innermost frame; throws what that throws. */
async function evaluate(post, { callFrames }, expression) {
  const { result, exceptionDetails } = await post("Debugger.evaluateOnCallFrame", {
    callFrameId: callFrames[0].callFrameId,
    expression,
    returnByValue: true,
  });
  if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
  return result.value;
}

async function refused(evaluating, why, what) {
  const error = await evaluating.then(
    (value) => new Error(`it gave ${value}`),
    (thrown) => thrown,
  );
  matches(error.message, why, what);
  matches(error.message, /cannot block here/, what);
}

const BLOCKING = [
  "greenlit.sleep(1)",
  "greenlit.sleep(0)",
  "greenlit.spawn(() => 1).get()",
  "[1].map(() => greenlit.sleep(1))",
];

async function statements(asyncStacks) {
  const state = await debuggee(import.meta.url, ["statements"]);
  const { client, ended } = state;
  const post = (method, params) => client.post(method, params);
  const stops = [];
  let wake = null;
  client.on("Debugger.paused", (event) => {
    stops.push(event);
    wake?.();
  });
  const stop = async () => {
    if (stops.length === 0) await new Promise((resolve) => (wake = resolve));
    return stops.shift();
  };
  await post("Runtime.enable");
  await post("Debugger.enable");
  if (asyncStacks) await post("Debugger.setAsyncCallStackDepth", { maxDepth: 16 });
  await post("Debugger.setBreakpointByUrl", {
    lineNumber: line("behind the switch"),
    url: import.meta.url,
    condition: "next !== 5",
  });
  await state.start();

  const atStatement = async (paused) => {
    const number = await evaluate(post, paused, "number");
    same(await evaluate(post, paused, "doubled"), 2 * number, "a variable of its own");
    same(await evaluate(post, paused, "greenlit.getCurrent() !== null"), true, "in a greenlet");
    same(
      await evaluate(post, paused, "greenlit.getHub().greenlets().length > 100"),
      true,
      "beside",
    );
    for (const blocking of BLOCKING) {
      await refused(evaluate(post, paused, blocking), /a debugger has paused/, blocking);
    }
    same(await evaluate(post, paused, "doubled"), 2 * number, "still the same");
    await post("Debugger.stepOver");
    const [frame] = (await stop()).callFrames;
    same(frame.location.lineNumber, line("one step on"), "a step");
  };
  const atBreakpoint = async (paused) => {
    const number = await evaluate(post, paused, "number");
    same(await evaluate(post, paused, "next"), 2 * number + 1, "its variable after a switch");
    await post("Debugger.stepOver");
    const stepped = await stop();
    same(await evaluate(post, stepped, "last"), 2 * number + 2, "after a step");
    await refused(evaluate(post, stepped, "greenlit.sleep(1)"), /a debugger has paused/, "again");
  };
  // While one greenlet is paused the timers of others pass: so they stop in any order.
  const seen = { statement: 0, breakpoint: 0, exception: 0 };
  while (seen.statement < 3 || seen.breakpoint < 2 || seen.exception < 1) {
    const paused = await stop();
    const [{ functionName, location }] = paused.callFrames;
    const at = `${functionName}:${location.lineNumber}`;
    if (at === `stopsHere:${line("the statement")}`) {
      seen.statement++;
      await atStatement(paused);
    } else if (at === `stopsHere:${line("behind the switch")}`) {
      seen.breakpoint++;
      await atBreakpoint(paused);
      if (seen.breakpoint === 2) await post("Debugger.setPauseOnExceptions", { state: "all" });
    } else {
      same([functionName, paused.reason], ["throwsAndCatches", "exception"], "an exception");
      seen.exception++;
    }
    await post("Debugger.resume");
  }
  await client.close();
  const code = await ended;
  same(code, 0, `the program's end: ${state.errors}`);
  same(state.output, "4,6,8\n100\ncaught\n", "what came of it");
}

/**
 * Stepping over a call that blocks: other greenlets run meanwhile, and may be where the step ends.
 */
async function stepping() {
  const state = await debuggee(import.meta.url, ["statements"]);
  const { client } = state;
  await client.post("Runtime.enable");
  await client.post("Debugger.enable");
  let steps = 0;
  client.on("Debugger.paused", () => {
    steps++;
    const how = ["stepOver", "stepInto", "stepOver", "stepOut"][steps % 4];
    void client.post(steps < 400 ? `Debugger.${how}` : "Debugger.resume").catch(() => {});
  });
  await state.start();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (!state.output.includes("caught")) return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  await client.close();
  same(await state.ended, 0, `stepping: ${state.errors}`);
  same(state.output, "4,6,8\n100\ncaught\n", "what came of it");
  check(steps >= 20, `${steps} steps`);
}

/** Evaluation and pausing while a greenlet computes. */
async function busy() {
  const state = await debuggee(import.meta.url, ["busy"]);
  const { client } = state;
  await client.post("Runtime.enable");
  await client.post("Debugger.enable");
  await state.start();
  const here = async (expression) => {
    const { result, exceptionDetails } = await client.post("Runtime.evaluate", { expression });
    if (exceptionDetails) throw new Error(exceptionDetails.exception.description);
    return result.value;
  };
  while ((await here("globalThis.greenlit?.getCurrent()?.name ?? ''")) === "");
  await refused(here("greenlit.sleep(1)"), /run of the microtask queue/, "evaluated in between");
  const pausing = once(client, "Debugger.paused");
  await client.post("Debugger.pause");
  const [paused] = await pausing;
  same(paused.callFrames[0].functionName, "spins", "where it was paused");
  const post = (method, params) => client.post(method, params);
  check((await evaluate(post, paused, "n")) > 0, "its variable");
  await refused(evaluate(post, paused, "greenlit.sleep(1)"), /a debugger has paused/, "paused");
  await client.post("Debugger.resume");
  await here("globalThis.stop = true");
  await client.close();
  same(await state.ended, 0, `busy: ${state.errors}`);
  same(state.output, "true\nbeside\n", "what came of it");
}

/** The same in a worker of the program. */
async function inWorker() {
  const state = await debuggee(import.meta.url, ["worker"]);
  const { client } = state;
  let last = 0;
  const pending = new Map();
  let sessionId;
  const post = (method, params = {}) => {
    const id = ++last;
    const message = JSON.stringify({ id, method, params });
    void client.post("NodeWorker.sendMessageToWorker", { sessionId, message }).catch(() => {});
    return new Promise((resolve) => pending.set(id, resolve));
  };
  const stops = [];
  client.on("NodeWorker.receivedMessageFromWorker", ({ message }) => {
    const { id, method, params, result } = JSON.parse(message);
    if (id !== undefined) pending.get(id)(result);
    else if (method === "Debugger.paused") void stopped(params);
  });
  const stopped = async (paused) => {
    if (paused.reason === "Break on start") return post("Debugger.resume");
    stops.push([paused.callFrames[0].functionName, await evaluate(post, paused, "doubled")]);
    await refused(evaluate(post, paused, "greenlit.sleep(1)"), /a debugger has paused/, "a worker");
    await post("Debugger.resume");
  };
  const attached = once(client, "NodeWorker.attachedToWorker");
  await client.post("NodeWorker.enable", { waitForDebuggerOnStart: true });
  await state.start();
  [{ sessionId }] = await attached;
  await post("Debugger.enable");
  await post("Runtime.runIfWaitingForDebugger");
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (state.output === "") return;
      clearInterval(timer);
      resolve();
    }, 5);
  });
  await client.close();
  same(await state.ended, 0, `worker: ${state.errors}`);
  same(state.output, "0\n", "the worker's exit code");
  same(
    stops.sort(),
    [
      ["stopsHere", 2],
      ["stopsHere", 4],
      ["stopsHere", 6],
    ],
    "where it stopped",
  );
}

const [which] = process.argv.slice(2);
if (!isMainThread) {
  globalThis.greenlit = { sleep };
  same(await Promise.all([1, 2, 3].map((n) => run(stopsHere, n))), [4, 6, 8], "in a worker");
} else if (which !== undefined) {
  // Before the debugger asks for anything: to prove itself the switcher fills a stack, and what is
  // evaluated just then fails.
  report();
  waitForStart();
  await debuggees[which]();
} else {
  const { driver } = report();
  const archived =
    driver !== "direct" &&
    `${driver} has V8 put the debugger's state away at each switch, so that a step may not end`;
  await busy();
  await inWorker();
  if (unless(driver === "thread" && archived, "statements and steps")) {
    await statements(false);
    await statements(true);
  }
  if (unless(archived, "steps over calls that block")) await stepping();
  pass(driver === "direct" ? 80 : 8);
}
