// Greenlets switch inside code that is compiled while the program runs: eval, Function, vm
// contexts, require, WebAssembly.
import { createRequire } from "node:module";
import vm from "node:vm";
import { interleave } from "../support/interleave.mjs";
import { pass } from "@greenlit/testing/program";

const require = createRequire(import.meta.url);

// (import "e" "f" (func (param i32) (result i32))) (func (export "twice") (param i32) (result i32)
// (call 0 (i32.add (call 0 (local.get 0)) (i32.const 1))))
const TWICE = new WebAssembly.Module(
  Uint8Array.of(
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    6,
    1,
    96,
    1,
    127,
    1,
    127,
    2,
    7,
    1,
    1,
    101,
    1,
    102,
    0,
    0,
    3,
    2,
    1,
    0,
    7,
    9,
    1,
    5,
    116,
    119,
    105,
    99,
    101,
    0,
    1,
    10,
    13,
    1,
    11,
    0,
    32,
    0,
    16,
    0,
    65,
    1,
    106,
    16,
    0,
    11,
  ),
);
// (import "e" "f" (func)) (start 0)
const STARTS = new WebAssembly.Module(
  Uint8Array.of(
    0,
    97,
    115,
    109,
    1,
    0,
    0,
    0,
    1,
    4,
    1,
    96,
    0,
    0,
    2,
    7,
    1,
    1,
    101,
    1,
    102,
    0,
    0,
    8,
    1,
    0,
  ),
);
const instantiate = (f) => new WebAssembly.Instance(TWICE, { e: { f } }).exports;

const made = interleave({
  "direct eval"(park) {
    let local = 1;
    return eval("local += park(2); (() => park(local + 1))()");
  },
  "indirect eval": (park) => (0, eval)("(park) => park(6) * 7")(park),
  "new Function": (park) => new Function("park", "return [park(1), park(2)]")(park),
  "vm.runInThisContext": (park) =>
    vm.runInThisContext("(park) => [1, 2].map((n) => park(n))")(park),
  "vm.runInNewContext": (park) => vm.runInNewContext("park(x) + park(1)", { park, x: 2 }),
  "vm context kept": (park) => {
    const context = vm.createContext({ park, seen: [] });
    vm.runInContext("var a = park(1); seen.push(a)", context);
    new vm.Script(
      "seen.push(park(a + 1)); try { throw park(3) } catch (e) { seen.push(e) }",
    ).runInContext(context);
    return context.seen;
  },
  "getter on a vm global": (park) =>
    vm.runInNewContext("x + y", {
      get x() {
        return park(1);
      },
      y: park(2),
    }),
  "Error of another realm": (park) =>
    vm.runInNewContext("try { null.x } catch (e) { park(e.name) }", { park }),
  "vm.compileFunction": (park) => vm.compileFunction("return park(n) + 1", ["park", "n"])(park, 4),
  "require of a module that parks"(park) {
    const path = require.resolve("../support/parks-at-load.cjs");
    delete require.cache[path];
    const shared = globalThis.parkAtLoad;
    globalThis.parkAtLoad = park;
    const { loaded } = require(path);
    globalThis.parkAtLoad = shared;
    return loaded;
  },
  "wasm import": (park) => instantiate((n) => park(n * 2)).twice(4),
  "wasm import that throws through wasm"(park) {
    const { twice } = instantiate((n) => {
      if (n > 4) throw park(n);
      return park(n + 4);
    });
    try {
      return twice(1);
    } catch (error) {
      return park(`caught ${error}`);
    }
  },
  "wasm, JavaScript, wasm": (park) => {
    const inner = instantiate((n) => park(n + 1));
    return instantiate((n) => inner.twice(park(n))).twice(1);
  },
  "wasm import with coercion": (park) => instantiate(() => ({ valueOf: () => park(5) })).twice(0),
  "wasm start function"(park) {
    let seen;
    new WebAssembly.Instance(STARTS, {
      e: {
        f: () => {
          seen = park("started");
        },
      },
    });
    return seen;
  },
  "wasm indirectly through a table": (park) => {
    const { twice } = instantiate((n) => park(n));
    const table = new WebAssembly.Table({ initial: 1, element: "anyfunc" });
    table.set(0, twice);
    return [1, 2, 3].map((n) => table.get(0)(park(n)));
  },
});
pass(made);
