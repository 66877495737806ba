// Greenlets parked inside many asynchronous scopes are resumed from callbacks that are themselves
// inside many: together they need more room than Node's stack of ids has. A process of its own,
// because that stack only ever grows.
import { getHub, run, sleep, spawn, Waiter } from "@greenlit/core";
import {
  AsyncLocalStorage,
  AsyncResource,
  executionAsyncId,
  triggerAsyncId,
} from "node:async_hooks";
import { pass, same } from "@greenlit/testing/program";

const storage = new AsyncLocalStorage();

/** Calls `fn` inside so many scopes; checks each scope on the way out. */
function nested(depth, fn) {
  if (depth === 0) return fn();
  const resource = new AsyncResource("scope");
  return resource.runInAsyncScope(() => {
    const result = nested(depth - 1, fn);
    same(
      [executionAsyncId(), triggerAsyncId()],
      [resource.asyncId(), resource.triggerAsyncId()],
      `scope ${depth}`,
    );
    return result;
  });
}

for (let parked = 1; parked <= 64; parked += 3) {
  for (const resumed of [0, 1, parked, 2 * parked]) {
    let waiter;
    const g = spawn(() =>
      storage.run(parked, () =>
        nested(parked, () => {
          waiter = new Waiter("test");
          waiter.wait();
          const id = executionAsyncId();
          sleep(0);
          same(executionAsyncId(), id, "after one more switch");
          return storage.getStore();
        }),
      ),
    );
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    nested(resumed, () => waiter.switch());
    same(await g, parked, "the store");
  }
}

// Many at once, each at a depth of its own.
const all = Array.from({ length: 50 }, (_, depth) =>
  spawn(() =>
    nested(depth, () => {
      for (let i = 0; i < 5; i++) sleep(0);
      return depth;
    }),
  ),
);
same(
  await Promise.all(all),
  all.map((_, depth) => depth),
  "each its own depth",
);
await run(() => sleep(1));
same(getHub().greenlets().length, 0, "nothing is left");
pass(1000);
