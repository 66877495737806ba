// Every way to import a module sees the patch, also before the patching module was imported.
import fsDefault, { existsSync } from "node:fs";
import * as fsNamespace from "fs";
import { createRequire } from "node:module";
import { run } from "@greenlit/core";
import { original, patchAll, unpatchAll } from "@greenlit/monkey";

const require = createRequire(import.meta.url);
const nodes = existsSync;
patchAll();
const seen = {
  named: existsSync,
  default: fsDefault.existsSync,
  namespace: fsNamespace.existsSync,
  require: require("fs").existsSync,
  nodeRequire: require("node:fs").existsSync,
  builtin: process.getBuiltinModule?.("fs").existsSync ?? existsSync,
  dynamic: (await import("node:fs")).existsSync,
  commonjs: require("./modules/uses-fs.cjs").existsSync,
};
for (const [how, fn] of Object.entries(seen)) {
  if (fn === nodes || fn !== existsSync) throw new Error(`${how} does not see the patch`);
}
if (original("fs", "existsSync") !== nodes) throw new Error("original is wrong");
// An ES module that names the export directly, in a greenlet, switches.
const order = [];
await run(() => {
  queueMicrotask(() => order.push("switched"));
  existsSync("/");
  order.push("done");
});
unpatchAll();
if (existsSync !== nodes || require("fs").existsSync !== nodes) throw new Error("unpatch failed");
if (order.join() !== "switched,done") throw new Error(`it did not switch: ${order.join()}`);
console.log("pass");
