// The AsyncLocalStorage store of raw greenlets. From Node 24 on it lies in V8's continuation data,
// which travels with the stack: the store that is current when a greenlet parks is current again
// when it goes on, and nowhere else. In older Nodes it lies on Node's execution resource, which all
// raw greenlets share; there we only check that nothing breaks.
import { RawGreenlet } from "@greenlit/switcher";
import { AsyncLocalStorage } from "node:async_hooks";
import { check, collect, pass, same, scaled } from "@greenlit/testing/program";
import { park, storesTravel } from "../support/switcher.mjs";

const storage = new AsyncLocalStorage();
const other = new AsyncLocalStorage();
const COUNT = scaled(300);

function body(number) {
  for (let turn = 0; turn < 5; turn++) {
    const store = { number, turn };
    storage.enterWith(store);
    other.enterWith([number]);
    park();
    if (storesTravel)
      check(
        storage.getStore() === store && other.getStore()[0] === number,
        `the store of ${number}`,
      );
    else check(true, "it goes on");
  }
  if (storesTravel) {
    storage.run({ inner: number }, () => {
      park();
      same(storage.getStore(), { inner: number }, "inside run()");
      park();
    });
    same(storage.getStore(), { number, turn: 4 }, "after run()");
  }
}

storage.enterWith("root's");
const greenlets = Array.from({ length: COUNT }, () => new RawGreenlet(body));
greenlets.forEach((greenlet, number) => {
  greenlet.switch(number);
  if (storesTravel) check(storage.getStore() === "root's", "the root keeps its own");
});
for (let turn = 0; turn < 8; turn++) {
  for (const greenlet of [...greenlets.slice(COUNT / 3), ...greenlets.slice(0, COUNT / 3)])
    if (!greenlet.dead) greenlet.switch();
  collect(turn % 3 === 0 ? "major" : "minor");
  if (storesTravel)
    same([storage.getStore(), other.getStore()], ["root's", undefined], "the root's stores");
}
check(
  greenlets.every((greenlet) => greenlet.dead),
  "all have ended",
);

// A greenlet begins with the store of the code that starts it.
if (storesTravel) {
  const heirs = storage.run(
    "heir's",
    () =>
      new RawGreenlet(() => {
        park(storage.getStore());
        return storage.getStore();
      }),
  );
  storage.run("starter's", () => same(heirs.switch(), "starter's", "a new greenlet"));
  same(heirs.switch(), "starter's", "and after a switch");
}

// Promises made in a greenlet carry its store.
const seen = [];
await Promise.all(
  [1, 2].map(
    (n) =>
      new Promise((resolve) => {
        const greenlet = new RawGreenlet(() =>
          storage.run(n, () => {
            park();
            void Promise.resolve().then(() => {
              seen.push(storage.getStore());
              resolve();
            });
          }),
        );
        greenlet.switch();
        greenlet.switch();
      }),
  ),
);
if (storesTravel) same(seen, [1, 2], "stores of promises");
pass(COUNT * 5);
