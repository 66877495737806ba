// While greenlets are parked, the loop of the root goes on: promises settle, microtasks and ticks
// run in their order, timers fire, and I/O completes. Code in a greenlet can start all of these.
import { RawGreenlet, current, root } from "@greenlit/switcher";
import { readFile } from "node:fs";
import { fileURLToPath } from "node:url";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const COUNT = scaled(300);
for (let i = 0; i < COUNT; i++) new RawGreenlet(() => park()).switch();

const order = [];
const note = (name) => () => {
  check(current() === root(), `${name} runs on the root`);
  order.push(name);
};
new RawGreenlet(() => {
  setImmediate(note("immediate"));
  Promise.resolve().then(note("promise")).then(note("promise 2"));
  queueMicrotask(note("microtask"));
  process.nextTick(note("tick"));
  (async () => {
    await null;
    note("after await")();
  })();
  park();
}).switch();
order.push("synchronous");
await new Promise((resolve) => setImmediate(resolve));
await new Promise((resolve) => setImmediate(resolve));
// The module runs in a microtask, so its ticks come after the microtasks that it has queued.
same(
  order,
  ["synchronous", "promise", "microtask", "after await", "promise 2", "tick", "immediate"],
  "the order",
);

// A blocking call that is made from a callback, in many greenlets at once. Callbacks and microtasks
// resume them.
const wakers = {
  timer: (wake) => setTimeout(wake, 1, "v"),
  immediate: (wake) => setImmediate(wake, "v"),
  tick: (wake) => process.nextTick(wake, "v"),
  microtask: (wake) => queueMicrotask(() => wake("v")),
  promise: (wake) => void Promise.resolve("v").then(wake),
  "rejected promise": (wake) => void Promise.reject("v").catch(wake),
  "after await": (wake) => void (async () => wake(await "v"))(),
  "file system": (wake) => readFile(fileURLToPath(import.meta.url), () => wake("v")),
};
let ended = 0;
const total = Object.keys(wakers).length * scaled(50);
await new Promise((resolve) => {
  for (const [name, start] of Object.entries(wakers)) {
    for (let i = 0; i < scaled(50); i++) {
      new RawGreenlet(() => {
        for (let turn = 0; turn < 5; turn++) {
          const me = current();
          start((value) => me.switch(value));
          check(park() === "v", name);
          // Microtasks that are queued between two waits run, too.
          queueMicrotask(() => order.push(name));
        }
        if (++ended === total) resolve();
      }).switch();
    }
  }
});
check(
  order.length === 7 + total * 5 || (await null, order.length === 7 + total * 5),
  `${order.length} notes`,
);
check(current() === root(), "the root runs");

// Greenlets that park inside a microtask of the root, an executor or a then: nothing waits for
// them.
let parked;
await Promise.resolve().then(() => {
  parked = new RawGreenlet(() => new Promise(() => park("in executor")));
  parked.switch();
});
await new Promise((resolve) => setTimeout(resolve, 1));
collect();
parked.switch();
check(parked.dead, "it went on");
pass(total * 5 + 10);
