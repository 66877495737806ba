// A greenlet that parked inside a run of the microtask queue would keep every promise of the thread
// from settling. So it may not park there, and is told so; everywhere else promises, ticks and
// microtasks go on, however many greenlets are parked.
import { Event, getHub, run, sleep, spawn } from "@greenlit/core";
import { Session } from "node:inspector";
import { runInNewContext } from "node:vm";
import { check, matches, pass, same, scaled } from "@greenlit/testing/program";

const parked = new Event();
const crowd = Array.from({ length: scaled(5000) }, () => spawn(() => parked.wait()));

const counts = { promise: 0, tick: 0, microtask: 0, immediate: 0, timer: 0 };
let alive = true;
const again = (name, ask) => {
  const next = () => {
    counts[name]++;
    if (alive) ask(next);
  };
  ask(next);
};
again("promise", (next) => void Promise.resolve().then(() => setImmediate(next)));
again("tick", (next) => setImmediate(() => process.nextTick(next)));
again("microtask", (next) => setImmediate(() => queueMicrotask(next)));
again("immediate", setImmediate);
again("timer", (next) => setTimeout(next, 0));

/** Milliseconds: whatever goes on does so before, on any machine. */
const FOR_EVER = 20_000;

/** All of them must go on. */
async function progress(what) {
  const before = { ...counts };
  const goesOn = (name) => counts[name] > before[name];
  const end = performance.now() + FOR_EVER;
  do await new Promise((resolve) => setTimeout(resolve, 5));
  while (!Object.keys(counts).every(goesOn) && performance.now() < end);
  for (const name of Object.keys(counts)) check(goesOn(name), `${name} goes on ${what}`);
}
await progress(`with ${scaled(5000)} greenlets parked`);

const session = new Session();
session.connect();
globalThis.block = sleep;
const evaluate = (expression) => {
  let answer;
  session.post("Runtime.evaluate", { expression }, (error, result) => (answer = error ?? result));
  const text = answer.exceptionDetails?.exception.description;
  if (text !== undefined) throw new Error(text);
  return answer.result.value;
};
const failed = [];
const kept = (fn) => () => {
  try {
    fn();
  } catch (error) {
    failed.push(error);
  }
};

/** Each blocks inside such a run. What comes of it is thrown, or pushed to `failed`. */
const held = {
  "a debugger's evaluation": () => evaluate(`block(${2 * FOR_EVER})`),
  "a microtask in _tickCallback": () => {
    queueMicrotask(kept(() => sleep(2 * FOR_EVER)));
    process._tickCallback();
  },
  "a promise's callback in _tickCallback": () => {
    void Promise.resolve().then(kept(() => sleep(2 * FOR_EVER)));
    process._tickCallback();
  },
};
for (const [name, act] of Object.entries(held)) {
  for (let round = 0; round < 5; round++) {
    failed.length = 0;
    const goOn = new Event();
    const going = run(() => {
      kept(act)();
      same(failed.length, 1, `${name} was refused`);
      matches(String(failed[0]?.message), /run of the microtask queue/, name);
      if (failed[0].code) same(failed[0].code, "ERR_GREENLIT_BLOCKING_SWITCH_OUT", name);
      goOn.wait(); // outside it, the same greenlet blocks as ever
    });
    await progress(`during ${name}`);
    goOn.set();
    await going;
    await progress(`after ${name}`);
  }
}
await run(() => same(evaluate("1 + 1"), 2, "an evaluation that does not block"));

/** Runs that hold up nobody else: here blocking works. */
const free = {
  "the microtasks of a vm context of its own": (block) =>
    runInNewContext(
      "Promise.resolve().then(() => block()); 1",
      { block },
      { microtaskMode: "afterEvaluate" },
    ),
  "a script under a time limit": (block) =>
    runInNewContext("block()", { block }, { timeout: 2 * FOR_EVER }),
  "an executor": (block) => new Promise((resolve) => resolve(block())),
  "an async function before its first await": (block) =>
    void (async () => {
      block();
      await null;
    })(),
};
for (const [name, act] of Object.entries(free)) {
  const goOn = new Event();
  const going = run(act, () => goOn.wait());
  await progress(`during ${name}`);
  goOn.set();
  await going;
}
// A greenlet that a promise's callback resumes runs inside the drain of the root; it may park
// there.
await run(() => {
  const results = [1, 2, 3].map((n) => spawn(async (value) => value, n).get());
  same(results.length, 3, "promises");
});

parked.set();
alive = false;
await Promise.all(crowd);
await new Promise((resolve) => setTimeout(resolve, 5));
same(getHub().greenlets().length, 0, "nothing is left");
session.disconnect();
pass(5 * 30 + 40);
