// Many threads find and prove the driver at the same moment, in a process that does not expose the
// garbage collector. The self-test needs a flag of V8 for its collections, and V8 has one set of
// flags for the whole process.
import { RawGreenlet, root } from "@greenlit/switcher";
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { Worker, isMainThread, workerData } from "node:worker_threads";
import { check, pass, same, scaled } from "@greenlit/testing/program";

const THREADS = 8;
const PACKAGE = fileURLToPath(new URL("../..", import.meta.url));
const FILE = fileURLToPath(import.meta.url);

if (!isMainThread) {
  // Each waits until all are there; then all open.
  const ready = new Int32Array(workerData);
  Atomics.add(ready, 0, 1);
  Atomics.notify(ready, 0);
  for (let n = 0; (n = Atomics.load(ready, 0)) < THREADS;) Atomics.wait(ready, 0, n);
  const greenlet = new RawGreenlet(() => root().switch(1) + 1);
  if (greenlet.switch() + greenlet.switch(1) !== 3) throw new Error("wrong");
  // Collections as in many more self-tests.
  const binding = createRequire(import.meta.url)("node-gyp-build")(PACKAGE);
  for (let i = scaled(400); i > 0; i--) binding.collectGarbage(true, false);
} else if (process.argv[2] === "hidden") {
  same(typeof gc, "undefined", "the collector is not exposed");
  for (let round = 0; round < scaled(4); round++) {
    const shared = new SharedArrayBuffer(4);
    const ends = Array.from({ length: THREADS }, () => {
      const worker = new Worker(new URL(import.meta.url), { workerData: shared });
      return new Promise((resolve, reject) => worker.on("exit", resolve).on("error", reject));
    });
    for (const code of await Promise.all(ends)) same(code, 0, "a worker");
  }
  pass(THREADS * 4);
} else {
  const flags = process.execArgv.filter((flag) => !/expose[-_]gc/.test(flag));
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...flags, FILE, "hidden"],
    { encoding: "utf8", env: { ...process.env, NODE_OPTIONS: "" } },
  );
  same([status, signal], [0, null], `it ended well: ${stderr.slice(0, 500)}`);
  check(stdout.trimEnd().endsWith("pass"), stdout);
  pass(2);
}
