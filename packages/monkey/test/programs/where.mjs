// Where a greenlet cannot be suspended, what is patched blocks as Node's own does.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { gzipSync } from "node:zlib";
import { noSwitch, run, sleep, spawn } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";

patchAll();
const require = createRequire(import.meta.url);
const MUCH = Buffer.alloc(100_000);
let calls = 0;

/** Calls of several kinds; each would let others run where it could. */
function callAll() {
  assert.equal(execFileSync("echo", ["x"], { encoding: "utf8" }), "x\n");
  assert.ok(gzipSync(MUCH).length > 0);
  assert.ok(readFileSync(import.meta.filename).length > 0);
  assert.equal(Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1), "timed-out");
  calls++;
}

// On the hub.
callAll();
await null;
callAll();

await run(() => {
  let others = 0;
  const other = spawn(() => {
    for (;;) {
      others++;
      sleep(0);
    }
  });
  assert.throws(() => noSwitch(callAll), { code: "ERR_GREENLIT_INVALID_SWITCH" });
  callAll();
  assert.ok(others > 0);

  // Inside a run of the microtask queue.
  const before = others;
  const count = calls;
  queueMicrotask(callAll);
  process._tickCallback();
  assert.deepEqual([calls, others], [count + 1, before]);

  // While a module is loaded.
  globalThis.callAll = callAll;
  require("./modules/calls.cjs");
  assert.deepEqual([calls, others], [count + 2, before]);

  // In an import of a promising call of WebAssembly; Nodes without it have nothing to check.
  if (WebAssembly.promising !== undefined) {
    // (module (import "m" "f" (func)) (func (export "g") call 0))
    const bytes = [
      0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 2, 7, 1, 1, 109, 1, 102, 0, 0, 3, 2, 1, 0, 7,
      5, 1, 1, 103, 0, 1, 10, 6, 1, 4, 0, 16, 0, 11,
    ];
    const module = new WebAssembly.Module(new Uint8Array(bytes));
    const { exports } = new WebAssembly.Instance(module, { m: { f: callAll } });
    WebAssembly.promising(exports.g)();
    assert.deepEqual([calls, others], [count + 3, before]);
  } else {
    console.log("left out: WebAssembly.promising: this Node has none");
  }
  other.kill();
  process.on("exit", () => {
    callAll();
    console.log("pass");
  });
  process.exit();
});
