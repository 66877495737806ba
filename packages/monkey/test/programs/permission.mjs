// Run under the permission model, which keeps the native part of `spawnSync` out of reach.
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import { run } from "@greenlit/core";
import { isPatched, patchAll } from "@greenlit/monkey";

assert.equal(typeof process.permission, "object");
patchAll();
assert.deepEqual([isPatched("child_process"), isPatched("zlib")], [false, true]);
assert.equal(await run(() => execFileSync("echo", ["x"], { encoding: "utf8" })), "x\n");
console.log("pass");
