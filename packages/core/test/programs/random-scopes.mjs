// Greenlets walk at random through every way to change the asynchronous context, nested, and block
// hundreds of times in between: what they see afterwards is what they saw before, with the
// collector at work and with others doing the same.
import { getCurrent, getHub, run, sleep, spawn, wait } from "@greenlit/core";
import {
  AsyncLocalStorage,
  AsyncResource,
  executionAsyncId,
  executionAsyncResource,
  triggerAsyncId,
} from "node:async_hooks";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const SEED = Number(process.env.SEED ?? 1);
const storages = [new AsyncLocalStorage(), new AsyncLocalStorage(), new AsyncLocalStorage()];
const GREENLETS = 20;
const PARKS = scaled(800);

function random(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const see = () => [
  executionAsyncId(),
  triggerAsyncId(),
  executionAsyncResource(),
  ...storages.map((storage) => storage.getStore()),
];
const equal = (a, b) => a.every((value, i) => value === b[i]);

function walk(number) {
  const next = random(SEED * 1000 + number);
  let parks = 0;

  const block = () => {
    const before = see();
    const kind = next(5);
    if (kind === 0) wait(Promise.resolve());
    else if (kind === 1) wait(new Promise((resolve) => setImmediate(resolve)));
    else if (kind === 2 && next(8) === 0) sleep(1);
    else sleep(0);
    parks++;
    check(equal(see(), before), `what greenlet ${number} sees after park ${parks}`);
  };

  const step = (depth) => {
    const before = see();
    const storage = storages[next(storages.length)];
    const inside = () => {
      block();
      for (let n = next(3); n > 0 && depth < 12 && parks < PARKS; n--) step(depth + 1);
      block();
    };
    const way = next(8);
    if (way === 0) storage.run({ number, parks }, inside);
    else if (way === 1) storage.exit(inside);
    else if (way === 2) new AsyncResource("scope").runInAsyncScope(inside);
    else if (way === 3) AsyncResource.bind(inside)();
    else if (way === 4) AsyncLocalStorage.bind(inside)();
    else if (way === 5) storage.run("for the snapshot", () => AsyncLocalStorage.snapshot())(inside);
    else if (way === 6) {
      // What is set in a scope ends with it.
      storage.run({ entered: number }, () => {
        storage.enterWith({ number });
        const mine = storage.getStore();
        inside();
        check(storage.getStore() === mine, "what was entered");
      });
    } else {
      try {
        storage.run("thrown out of", () =>
          new AsyncResource("thrown out of").runInAsyncScope(() => {
            inside();
            throw inside;
          }),
        );
      } catch (thrown) {
        check(thrown === inside, "what was thrown");
      }
    }
    check(equal(see(), before), `what greenlet ${number} sees after the way ${way}`);
    if (next(10) === 0) {
      const store = storages[0].getStore();
      const heir = spawn(() => [(sleep(0), storages[0].getStore()), getCurrent() !== null]);
      check(heir.get()[0] === store, "what a greenlet inherits");
    }
    if (next(200) === 0) gc?.({ type: next(2) ? "minor" : "major" });
  };

  while (parks < PARKS) step(0);
  return parks;
}

globalThis.gc ??= undefined;
const before = see();
const all = await Promise.all(Array.from({ length: GREENLETS }, (_, i) => run(walk, i)));
check(
  all.every((parks) => parks >= PARKS),
  "each has parked as often as it should",
);
same(see().slice(3), before.slice(3), "the hub's stores");
same(getHub().greenlets().length, 0, "nothing is left");
pass(GREENLETS * PARKS);
