// The native part is loaded several times in one thread: again, after its entry in require.cache
// was deleted, as hot reloaders do; and from another file, as when two versions are in one tree.
// All copies share one state, or the later one is refused. What V8 keeps through a scavenge must
// not be lost: a store of AsyncLocalStorage.
import { AsyncLocalStorage } from "node:async_hooks";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isMainThread, Worker } from "node:worker_threads";
import { RawGreenlet, report, startSampler } from "@greenlit/switcher";
import { check, child, collect, pass, same, scaled, thrownBy } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

const require = createRequire(import.meta.url);
const switcher = fileURLToPath(new URL("../../", import.meta.url));
const find = () =>
  require("node-gyp-build").resolve(process.env["@GREENLIT/SWITCHER_PREBUILD"] ?? switcher);

const folder = mkdtempSync(join(tmpdir(), "second-copy-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

/** Loads the native part again: the same file, then others. */
function* copies() {
  for (let i = 0; i < 3; i++) {
    for (const key of Object.keys(require.cache)) delete require.cache[key];
    yield require(find());
  }
  for (let i = 0; i < 3; i++) {
    const file = join(folder, `copy-${i}.node`);
    copyFileSync(find(), file);
    yield require(file);
  }
}

const storage = new AsyncLocalStorage();
function storesAreKept() {
  for (let i = 0; i < scaled(20); i++) {
    storage.run({ user: `user ${i}` }, () => {
      collect("minor");
      same(storage.getStore(), { user: `user ${i}` }, "the store after a scavenge");
      collect("minor");
      collect();
      same(storage.getStore(), { user: `user ${i}` }, "the store later");
    });
    check(storage.getStore() === undefined, "none outside");
  }
}

if (process.argv[2] === "other-version") {
  // The second one pretends to be of another version.
  await import("../../dist/index.js").then(({ report }) => report());
  process.env.GREENLIT_SWITCHER_SABOTAGE = "interface";
  for (const key of Object.keys(require.cache)) delete require.cache[key];
  try {
    require(find());
  } catch (error) {
    console.log(error.message);
  }
} else {
  // A copy that is only loaded, before any is opened, changes nothing.
  storesAreKept();
  const stop = startSampler({ interval: 1 });
  storesAreKept();
  stop();

  const parked = Array.from({ length: scaled(20) }, (_, k) => {
    const greenlet = new RawGreenlet(() => {
      const kept = { k };
      while (park() !== "end");
      return kept.k;
    });
    greenlet.switch();
    return greenlet;
  });
  const { stacks } = report();
  for (const copy of copies()) {
    storesAreKept();
    same(copy.stats().stacks, stacks + 1, "another copy has the same stacks");
    const { failure } = new copy.Open(report().driver, () => 0, 256 * 1024, "", true);
    check(/open in this thread already/.test(failure), `not opened twice: ${failure}`);
    thrownBy(() => copy.transfer(999_999), "an id of no stack");
    thrownBy(() => copy.transfer(-7), "nor this");
    thrownBy(() => copy.release(999_999), "nor this");
    parked[0].switch();
  }
  storesAreKept();
  for (const [k, greenlet] of parked.entries()) same(greenlet.switch("end"), k, "each ends");

  if (isMainThread) {
    // Another thread has its own.
    const worker = new Worker(new URL(import.meta.url));
    const code = await new Promise((resolve, reject) =>
      worker.on("error", reject).on("exit", resolve),
    );
    same(code, 0, "in a worker");
    const { output } = await child(import.meta.url, ["other-version"]);
    check(/another version of @greenlit\/switcher.*npm ls/.test(output), `refused: ${output}`);
    pass(30);
  }
}
