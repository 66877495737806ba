// What a runner does: run(() => Module._load(path, null, true)).
import assert from "node:assert";
import Module from "node:module";
import { fileURLToPath } from "node:url";
import { run, sleep, spawn } from "@greenlit/core";
import { patchAll } from "@greenlit/monkey";

patchAll();
globalThis.switches = 0;
globalThis.switchedIn = {};
await run(() => {
  const watcher = spawn(() => {
    for (;;) {
      globalThis.switches += 1;
      sleep(0);
    }
  });
  Module._load(fileURLToPath(new URL("main-module.cjs", import.meta.url)), null, true);
  watcher.kill();
});
const { required, main } = globalThis.switchedIn;
assert.ok(main > required, "the main module did not switch");
console.log("pass");
