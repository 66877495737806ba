// Greenlets begin where calls of WebAssembly.promising are under way. Inside such a call the first
// greenlet is refused, and works afterwards. Beside calls that V8 has suspended, and after calls
// that it has terminated, the switcher finds all of V8's state as usual.
import { open, RawGreenlet, report } from "@greenlit/switcher";
import { once } from "node:events";
import vm from "node:vm";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { check, collect, pass, same, scaled, thrownBy, unless } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

if (!unless(!WebAssembly.promising && "this Node has no WebAssembly.promising", "JSPI")) {
  if (isMainThread) pass(0);
  process.exit();
}

// (module (import "m" "f" (func)) (func (export "g") call 0))
const bytes = [
  0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7, 5,
  1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
];
const module = new WebAssembly.Module(new Uint8Array(bytes));
const promising = (f) =>
  WebAssembly.promising(new WebAssembly.Instance(module, { m: { f } }).exports.g);

const refused = (act, what) => {
  const error = thrownBy(act, what);
  same(error.code, "ERR_GREENLIT_INVALID_SWITCH", what);
  check(/WebAssembly\.promising/.test(error.message), error.message);
};

/**
 * Greenlets switch, and are refused only inside a promising call. Suspended calls live through
 * scavenges.
 */
async function works() {
  const greenlet = new RawGreenlet(() => (park(1), 2));
  same([greenlet.switch(), greenlet.switch()], [1, 2], "a greenlet");
  same(report().refused, [], "no driver is refused");
  const inside = new RawGreenlet(() => {
    promising(() => refused(() => park(), "to park inside"))();
    promising(() => promising(() => refused(() => park(), "to park one further in"))())();
    return park("outside") ?? "ended";
  });
  same([inside.switch(), inside.switch()], ["outside", "ended"], "a promising call");
  const settled = [];
  for (let round = 0; round < scaled(20); round++) {
    const wait = () => new Promise((resolve) => setTimeout(resolve, round % 5, { round }));
    const start = () => settled.push(promising(new WebAssembly.Suspending(wait))());
    start();
    new RawGreenlet(() => (start(), park())).switch();
    collect("minor");
    if (round % 5 === 4) await new Promise(setImmediate);
  }
  await Promise.all(settled);
}

function terminated(times = 3) {
  const spins = promising(() => {
    for (;;);
  });
  for (let k = 0; k < times; k++) {
    const error = thrownBy(
      () => vm.runInNewContext("spins()", { spins }, { timeout: 5 }),
      "it spins",
    );
    same(error.code, "ERR_SCRIPT_EXECUTION_TIMEOUT", "out of time");
  }
}

const cases = {
  async "inside a promising call"() {
    await promising(() => refused(() => open(), "to open inside"))();
    const greenlet = new RawGreenlet(() => 7);
    await promising(() => refused(() => greenlet.switch(), "to begin the first one inside"))();
    check(!greenlet.started, "it has not begun");
    same(greenlet.switch(), 7, "and can");
  },
  async "inside two promising calls"() {
    await promising(() => promising(() => refused(() => open(), "to open inside"))())();
  },
  async "beside calls that are suspended"() {
    const wakes = [];
    const wait = () => new Promise((resolve) => wakes.push(resolve));
    const before = Array.from({ length: 3 }, () =>
      promising(new WebAssembly.Suspending(() => wait()))(),
    );
    open();
    collect("minor");
    const parked = Array.from({ length: 30 }, () => new RawGreenlet(() => park()));
    for (const greenlet of parked) greenlet.switch();
    for (let k = 0; k < 6; k++) {
      // One more young call on the root, beside parked stacks.
      before.push(promising(new WebAssembly.Suspending(() => wait()))());
      collect("minor");
      collect("minor");
    }
    collect();
    for (const wake of wakes) wake();
    await Promise.all(before);
    for (const greenlet of parked) greenlet.switch();
  },
  async "after calls that V8 terminated"() {
    terminated();
    collect();
  },
  async "before calls that V8 terminates"() {
    open();
    terminated();
    const greenlet = new RawGreenlet(() => terminated());
    greenlet.switch();
    check(greenlet.dead, "in a greenlet");
    collect();
  },
};

if (!isMainThread) {
  await cases[workerData]();
  await works();
} else {
  for (const name of Object.keys(cases)) {
    const worker = new Worker(new URL(import.meta.url), { workerData: name });
    const [code] = await once(worker, "exit");
    same(code, 0, `first greenlets ${name}: the exit code`);
  }
  pass(Object.keys(cases).length);
}
