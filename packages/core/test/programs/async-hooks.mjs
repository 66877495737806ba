// With every kind of async hook enabled: before and after pair like brackets, whatever greenlets do
// inside further scopes, and hooks hear of each resource once. Right after each switch the ids and
// the resource are the greenlet's own.
import { Event, getHub, joinAll, run, sleep, spawn, wait, withTimeout } from "@greenlit/core";
import {
  AsyncLocalStorage,
  AsyncResource,
  createHook,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from "node:async_hooks";
import { readFile } from "node:fs";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const counts = { init: 0, before: 0, after: 0, destroy: 0, promiseResolve: 0 };
const open = [];
const wrong = [];
const greenlets = new Map();
let strict = false;

const hook = createHook({
  init(id, type) {
    counts.init++;
    if (type === "Greenlet") greenlets.set(id, 0);
  },
  before(id) {
    counts.before++;
    if (executionAsyncId() !== id) wrong.push(`before ${id} in ${executionAsyncId()}`);
    open.push(id);
  },
  after(id) {
    counts.after++;
    if (executionAsyncId() !== id) wrong.push(`after ${id} in ${executionAsyncId()}`);
    const last = open.pop();
    if (last !== id && strict) wrong.push(`after ${id} closes ${last}`);
  },
  destroy(id) {
    counts.destroy++;
    if (greenlets.has(id)) greenlets.set(id, greenlets.get(id) + 1);
  },
  promiseResolve() {
    counts.promiseResolve++;
  },
}).enable();

// The scope in which they were enabled ends, too; from then on everything must pair.
for (let i = 0; i < 3; i++) await new Promise((resolve) => setImmediate(resolve));
strict = true;

const storage = new AsyncLocalStorage();
const BLOCKS = [
  () => sleep(0),
  () => sleep(1),
  () => wait(Promise.resolve()),
  () => wait(new Promise((resolve) => setImmediate(resolve))),
  () => wait(new Promise((resolve) => readFile(new URL(import.meta.url), resolve))),
  () => spawn(() => sleep(0)).join(),
  () => withTimeout(1, () => new Event().wait(), null),
  () => wait((async () => (await null, await null))()),
];

/** Blocks, and checks that all is as before. */
function block(turn) {
  const before = [executionAsyncId(), triggerAsyncId(), storage.getStore()];
  const resource = executionAsyncResource();
  BLOCKS[turn % BLOCKS.length]();
  const [id, trigger, store] = before;
  check(executionAsyncId() === id, "the id");
  check(triggerAsyncId() === trigger, "the trigger");
  check(executionAsyncResource() === resource, "the resource");
  check(storage.getStore() === store, "the store");
}

function body(number) {
  let turn = number;
  block(turn++);
  storage.run({ number }, () => {
    block(turn++);
    const nest = (depth) => {
      const resource = new AsyncResource(`depth ${depth}`);
      resource.runInAsyncScope(() => {
        check(executionAsyncResource() === resource, "the scope's resource");
        for (let i = 0; i < 4; i++) block(turn++);
        if (depth > 0) nest(depth - 1);
        block(turn++);
        try {
          new AsyncResource("throws").runInAsyncScope(() => {
            block(turn++);
            throw new Error("out of it");
          });
        } catch {
          block(turn++);
        }
      });
    };
    nest(3);
    block(turn++);
  });
  block(turn++);
}

for (let round = 0; round < 3; round++) {
  const COUNT = scaled(20);
  const all = Array.from({ length: COUNT }, (_, i) => run(body, i));
  await Promise.all(all);
  // Killed inside scopes.
  await run(() => {
    const victims = Array.from({ length: COUNT }, () =>
      spawn(() => new AsyncResource("outer").runInAsyncScope(() => new Event().wait())),
    );
    sleep(0);
    for (const victim of victims) victim.kill();
    joinAll(victims);
  });
}
for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
same(wrong.slice(0, 5), [], "what did not pair");
check(open.length <= 2, `only this module's own scope is open: ${open.length}`);
check(counts.before - counts.after <= 5, `before ${counts.before}, after ${counts.after}`);
check(counts.promiseResolve > 100 && counts.init > 1000, JSON.stringify(counts));
check(greenlets.size >= 3 * 2 * scaled(20), `greenlets were told of: ${greenlets.size}`);
same(new Set(greenlets.values()).size, 1, "and each destroyed once");
same([...greenlets.values()][0], 1, "once");
hook.disable();
same(getHub().greenlets().length, 0, "nothing is left");
pass(scaled(20) * 300);
