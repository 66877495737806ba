// Another thread asks V8 to stop what runs, at each place of the detection where that could be
// missed: while V8's notes of such requests are looked for, and while V8 takes this thread for a
// second one. The switcher asks in its place, so that it comes at exactly that place. A worker that
// would spin for ever must end.
import { open } from "@greenlit/switcher";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { loadBinding } from "../../dist/binding.js";
import { pass, same } from "@greenlit/testing/program";

const NOTES = ["learning", "asking", "learned"];
const SECOND = ["unlocked", "second", "archiving", "leaving", "back"];

const drivers = loadBinding().drivers();
const driver = process.env.GREENLIT_SWITCHER ?? drivers[0];

if (!isMainThread) {
  parentPort.postMessage("begun");
  // Later than the module: Node 26 aborts when V8 stops that and Node does not know.
  Promise.resolve().then(() => {
    open();
    for (;;);
  });
} else if (process.argv[2] !== undefined) {
  // What is learned once in a process is learned in this worker.
  const worker = new Worker(new URL(import.meta.url), {
    env: { ...process.env, GREENLIT_SWITCHER_SABOTAGE: `terminate:${process.argv[2]}` },
  });
  const say = (text) => {
    console.log(text);
    process.exit();
  };
  worker.once("exit", () => say("it ended"));
  worker.once("message", () => setTimeout(say, 20_000, "deaf"));
} else {
  // Elsewhere than on Linux nothing has V8 archive a second thread.
  const places = drivers.includes("direct") ? [...NOTES, ...SECOND] : NOTES;
  for (const place of places) {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...process.execArgv, fileURLToPath(import.meta.url), place],
      { encoding: "utf8" },
    );
    same(stdout + stderr, "it ended\n", `${driver}, asked at "${place}"`);
  }
  pass(places.length);
}
