// What keeping the asynchronous context right costs: prints nanoseconds of a one-way switch, plain
// and with AsyncLocalStorage in use.
import { AsyncLocalStorage, AsyncResource, executionAsyncId } from "node:async_hooks";
import { joinAll, run, sleep, spawn } from "greenlit";
import { current, RawGreenlet } from "greenlit/switcher";
import { count, nanoseconds, type Pair, pair } from "./time.js";

const storage = new AsyncLocalStorage<object>();
const n = count(150_000);
const main = current();

/**
 * The switcher alone; and as the hub uses it: in the scope of a resource of the greenlet's own,
 * which has a store.
 */
function raw(): Pair {
  const partner = new RawGreenlet(() => {
    for (;;) main.switch();
  });
  const options = { requireManualDestroy: true };
  const resource = storage.run({}, () => new AsyncResource("bench", options));
  let seen = 0;
  const probe = new RawGreenlet(() => {
    seen = executionAsyncId();
  });
  resource.runInAsyncScope(() => probe.switch());
  if (seen !== resource.asyncId()) throw new Error("another scope than the resource's runs");
  const resume = (): unknown => partner.switch();
  return pair(
    n,
    (n) => {
      for (let i = 0; i < n; i++) resume();
    },
    (n) => {
      for (let i = 0; i < n; i++) resource.runInAsyncScope(resume);
    },
  );
}

function turns(n: number): void {
  for (let i = 0; i < n; i++) sleep(0);
}

function plain(n: number): void {
  // Node's hooks are on while any storage is in use.
  storage.disable();
  joinAll(Array.from({ length: 10 }, () => spawn(turns, n / 10)));
}

function store(n: number): void {
  joinAll(Array.from({ length: 10 }, (_, i) => storage.run({ i }, () => spawn(turns, n / 10))));
}

function nested(n: number): void {
  const inner = (i: number): void => storage.run({ i }, turns, n / 10);
  joinAll(Array.from({ length: 10 }, (_, i) => spawn(inner, i)));
}

function scoped(n: number): void {
  const inner = (i: number): void => {
    const resource = new AsyncResource("bench", { requireManualDestroy: true });
    storage.run({ i }, () => resource.runInAsyncScope(turns, null, n / 10));
  };
  joinAll(Array.from({ length: 10 }, (_, i) => spawn(inner, i)));
}

// Each yield, and each trip to the partner and back, is two switches.
const { first: rawPlain, second: rawScoped, difference: scopeAdds } = raw();
await run(() => {
  const stores = pair(n, plain, store);
  const all = {
    rawPlain,
    rawScoped,
    scopeAdds,
    plain: stores.first,
    store: stores.second,
    storeAdds: stores.difference,
    nested: nanoseconds(n, nested),
    scoped: nanoseconds(n, scoped),
  };
  const halves = Object.entries(all).map(([key, ns]) => [key, ns / 2]);
  console.log(JSON.stringify(Object.fromEntries(halves)));
});
