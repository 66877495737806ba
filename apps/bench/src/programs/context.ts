// What keeping the asynchronous context right costs: prints nanoseconds of a one-way switch, plain and
// with AsyncLocalStorage in use.
import { AsyncLocalStorage, AsyncResource, executionAsyncId } from "node:async_hooks";
import { joinAll, run, sleep, spawn } from "greenlit";
import { current, RawGreenlet } from "greenlit/switcher";
import { count, nanoseconds } from "./time.js";

const storage = new AsyncLocalStorage<object>();
const n = count(150_000);
const main = current();

/** The switcher alone. */
function rawPlain(): number {
  const partner = new RawGreenlet(() => {
    for (;;) main.switch();
  });
  return nanoseconds(n, (n) => {
    for (let i = 0; i < n; i++) partner.switch();
  });
}

/** The same as the hub does it: in the scope of a resource of the greenlet's own, which has a store. */
function rawScoped(): number {
  const options = { requireManualDestroy: true };
  const resource = storage.run({}, () => new AsyncResource("bench", options));
  let other = 0;
  const partner = new RawGreenlet(() => {
    for (;;) {
      if (executionAsyncId() !== resource.asyncId()) other++;
      main.switch();
    }
  });
  const resume = (): unknown => partner.switch();
  const ns = nanoseconds(n, (n) => {
    for (let i = 0; i < n; i++) resource.runInAsyncScope(resume);
  });
  if (other > 0) throw new Error("the scope of the resource is not the one that runs");
  return ns;
}

function turns(n: number): void {
  for (let i = 0; i < n; i++) sleep(0);
}

function plain(n: number): void {
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
// Everything without a store comes first: Node's hooks stay on once a storage has been used.
const before = rawPlain();
await run(() => {
  nanoseconds(n, plain); // the first of all is still being compiled
  const yields = nanoseconds(n, plain);
  const result = { rawPlain: before, plain: yields, store: 0, nested: 0, scoped: 0 };
  result.store = nanoseconds(n, store);
  result.nested = nanoseconds(n, nested);
  result.scoped = nanoseconds(n, scoped);
  setImmediate(() => {
    const all = { ...result, rawScoped: rawScoped() };
    const halves = Object.entries(all).map(([key, ns]) => [key, ns / 2]);
    console.log(JSON.stringify(Object.fromEntries(halves)));
  });
});
