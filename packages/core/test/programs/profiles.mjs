// What Node's tools see of greenlets: the file of --cpu-prof has the samples of code that ran in
// them, also with many parked and in a worker; heap snapshots, from inside a greenlet and from
// outside, hold what only the stacks of parked ones refer to.
import { Event, run, sleep, spawn, wait } from "@greenlit/core";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { Session } from "node:inspector";
import { Session as PromisedSession } from "node:inspector/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import v8 from "node:v8";
import { isMainThread, Worker } from "node:worker_threads";
import { report } from "@greenlit/switcher";
import { child, check, pass, same, scaled, unless } from "@greenlit/testing/program";

/**
 * @param since, milliseconds: of processor time. A process that has no processor has no samples.
 */
function burnInGreenlet(seed, since, milliseconds) {
  let x = seed;
  while (process.cpuUsage(since).user < 1000 * milliseconds) {
    for (let i = 0; i < 20_000; i++) x = (x * 1103515245 + 12345) & 0x7fffffff;
    sleep(0);
  }
  return x;
}

/** Nearly all time is spent in three greenlets, while others are parked. */
async function burn(milliseconds) {
  const event = new Event();
  const parked = Array.from({ length: scaled(500) }, () => spawn(() => event.wait()));
  const since = process.cpuUsage();
  await Promise.all([1, 2, 3].map((seed) => run(burnInGreenlet, seed, since, milliseconds)));
  event.set();
  await Promise.all(parked);
}

/** Samples in all, and those with the function among the callers. */
function count({ nodes, samples }) {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((c) => [c, id])));
  const names = new Map(nodes.map(({ id, callFrame }) => [id, callFrame.functionName]));
  const inside = (id) =>
    id !== undefined && (names.get(id) === "burnInGreenlet" || inside(parents.get(id)));
  return { all: samples.length, inside: samples.filter(inside).length };
}

const [act, milliseconds] = process.argv.slice(2);
if (!isMainThread || act === "burn") {
  await burn(Number(milliseconds ?? 1500));
} else if (act === "burn in a worker") {
  const worker = new Worker(new URL(import.meta.url));
  await new Promise((resolve) => worker.on("exit", resolve));
} else {
  const folder = mkdtempSync(join(tmpdir(), "greenlit-profiles-"));
  const unseen =
    report().driver !== "direct" &&
    "V8's profiler samples only the thread, by its V8 id, that started it";
  const flags = ["--cpu-prof", `--cpu-prof-dir=${folder}`, "--cpu-prof-interval=500"];
  for (const where of ["burn", "burn in a worker"]) {
    const { ended, errors } = await child(import.meta.url, [where], { flags });
    same(ended, 0, `${where}: ${errors}`);
    const best = readdirSync(folder)
      .map((file) => count(JSON.parse(readFileSync(join(folder, file), "utf8"))))
      .sort((a, b) => b.inside - a.inside)[0];
    if (process.env.VERBOSE) console.error(where, best);
    if (unless(unseen, `samples of ${where}`)) {
      check(best.inside > 50, `${where}: ${best.inside} of ${best.all} samples are in greenlets`);
      check(best.inside > best.all / 10, `${where}: ${best.inside} of ${best.all} samples`);
    }
    for (const file of readdirSync(folder)) rmSync(join(folder, file));
  }

  // The inspector's profiler, started and stopped in greenlets.
  const { profile } = await run(() => {
    const session = new PromisedSession();
    session.connect();
    wait(session.post("Profiler.enable"));
    wait(session.post("Profiler.setSamplingInterval", { interval: 500 }));
    wait(session.post("Profiler.start"));
    wait(burn(700));
    const result = wait(session.post("Profiler.stop"));
    session.disconnect();
    return result;
  });
  const counted = count(profile);
  if (unless(unseen, "samples of the inspector's profiler"))
    check(counted.inside > 50, `${counted.inside} of ${counted.all} samples`);

  class OnlyOnAParkedStack {
    constructor(number) {
      this.number = number;
    }
  }
  const PARKED = scaled(300);
  const event = new Event();
  const parked = Array.from({ length: PARKED }, (_, i) =>
    spawn(() => {
      const held = new OnlyOnAParkedStack(i);
      event.wait();
      return held.number;
    }),
  );
  await run(() => sleep(5));

  /** How many objects of that class a snapshot has. */
  const instances = (text) => {
    const { snapshot, nodes, strings } = JSON.parse(text);
    const fields = snapshot.meta.node_fields;
    const [type, name] = ["type", "name"].map((field) => fields.indexOf(field));
    const object = snapshot.meta.node_types[type].indexOf("object");
    const wanted = strings.indexOf("OnlyOnAParkedStack");
    let found = 0;
    for (let i = 0; i < nodes.length; i += fields.length) {
      if (nodes[i + type] === object && nodes[i + name] === wanted) found++;
    }
    return found;
  };
  const written = () => readFileSync(v8.writeHeapSnapshot(join(folder, "x.heapsnapshot")), "utf8");
  const inspected = () => {
    const session = new Session();
    session.connect();
    let text = "";
    session.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => (text += params.chunk));
    return new Promise((resolve, reject) => {
      session.post("HeapProfiler.takeHeapSnapshot", (error) => {
        session.disconnect();
        if (error) reject(error);
        else resolve(text);
      });
    });
  };
  // One more than parked: the prototype goes by the same name.
  const enough = (text, how) => {
    const found = instances(text);
    check(found >= PARKED && found <= PARKED + 2, `${how}: ${found} of ${PARKED}`);
  };
  enough(written(), "written outside");
  enough(await run(written), "written inside");
  enough(await inspected(), "the inspector's, outside");
  enough(await run(() => wait(inspected())), "the inspector's, inside");
  const streamed = await run(() => {
    const stream = v8.getHeapSnapshot();
    let text = "";
    stream.on("data", (data) => (text += data));
    wait(new Promise((resolve) => stream.on("end", resolve)));
    return text;
  });
  enough(streamed, "streamed to a greenlet");

  event.set();
  const numbers = await Promise.all(parked);
  check(
    numbers.every((number, i) => number === i),
    "they went on",
  );
  rmSync(folder, { recursive: true });
  pass(unseen === false ? 13 : 8);
}
