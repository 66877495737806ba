// Code that was compiled before the switcher was opened is still taken from its cache afterwards,
// as Node takes its own modules. V8 would refuse it if it had been compiled under other flags.
// Meanwhile the flags that the switcher needs are set.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import v8 from "node:v8";
import vm from "node:vm";
import { check, child, collect, pass, same, unless } from "@greenlit/testing/program";

const major = Number(process.versions.node.split(".")[0]);
const source = "function twice(x) { return 2 * x; } twice(21)";

if (process.argv[2] === "compile-cache") {
  const { RawGreenlet } = await import("@greenlit/switcher");
  new RawGreenlet(() => {}).switch();
  await import("../support/cached.cjs");
} else {
  const tag = v8.cachedDataVersionTag();
  const cachedData = new vm.Script(source).createCachedData();
  const exposed = typeof globalThis.gc;
  const { RawGreenlet, report } = await import("@greenlit/switcher");
  new RawGreenlet(() => collect()).switch();
  if (report().driver === "thread") console.log("under thread, too");
  same(v8.cachedDataVersionTag(), tag, "the number made of all flags");
  const script = new vm.Script(source, { cachedData });
  check(
    script.cachedDataRejected === false && script.runInThisContext() === 42,
    "code from its cache",
  );
  same(typeof globalThis.gc, exposed, "whether garbage collection is exposed");
  // Also in threads that start later.
  const { Worker } = await import("node:worker_threads");
  const worker = new Worker(
    `const { RawGreenlet } = require("@greenlit/switcher");
     new RawGreenlet(() => {}).switch();
     require("worker_threads").parentPort.postMessage(require("v8").cachedDataVersionTag());`
      .replace(
        'require("@greenlit/switcher")',
        `await import(${JSON.stringify(import.meta.resolve("@greenlit/switcher"))})`,
      )
      .replace(/^/, "(async () => {")
      .concat("})()"),
    { eval: true },
  );
  same(
    await new Promise((resolve, reject) => worker.on("message", resolve).on("error", reject)),
    tag,
    "in a worker",
  );
  same(v8.cachedDataVersionTag(), tag, "after it");

  let made = 5;
  if (unless(major < 22 && "Node 20 has no compile cache", "NODE_COMPILE_CACHE")) {
    const folder = mkdtempSync(join(tmpdir(), "compile-cache-"));
    const env = { NODE_COMPILE_CACHE: folder, NODE_DEBUG_NATIVE: "COMPILE_CACHE" };
    const runs = [];
    for (let i = 0; i < 2; i++) runs.push(await child(import.meta.url, ["compile-cache"], { env }));
    rmSync(folder, { recursive: true });
    const cached = runs[1].errors.split("\n").filter((line) => line.includes("cached.cjs"));
    check(
      cached.some((line) => /was accepted/.test(line)) &&
        !cached.some((line) => /was rejected/.test(line)),
      `the second run takes it from the cache:\n${cached.join("\n")}`,
    );
    made++;
  }
  pass(made);
}
