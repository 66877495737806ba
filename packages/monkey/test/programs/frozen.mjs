// Modules that somebody has frozen are left alone, with a warning; the others are patched.
import assert from "node:assert";
import fs, { readFileSync } from "node:fs";
import zlib from "node:zlib";
import { run } from "@greenlit/core";
import { isPatched, patchAll, unpatchAll } from "@greenlit/monkey";

process.removeAllListeners("warning");
const warnings = [];
process.on("warning", ({ code, message }) => warnings.push(`${code}: ${message}`));
Object.freeze(fs);
const { gzipSync } = zlib;
patchAll();
assert.notEqual(zlib.gzipSync, gzipSync);
assert.equal(isPatched("fs", "readFileSync"), false);
assert.equal(await run(() => readFileSync(import.meta.filename).length > 0), true);
unpatchAll();
assert.equal(zlib.gzipSync, gzipSync);
await new Promise(setImmediate);
assert.deepEqual(warnings, [
  "GREENLIT_FROZEN: fs is not patched, or not all of it, because it is frozen",
]);
console.log("pass");
