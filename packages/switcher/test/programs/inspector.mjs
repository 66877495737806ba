// The inspector beside greenlets. Under the driver direct a CPU profile has samples of code in
// greenlets. A heap snapshot can be taken inside a greenlet. Evaluation and its stack traces work
// while others are parked.
import { RawGreenlet, current } from "@greenlit/switcher";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { Session } from "node:inspector";
import { tmpdir } from "node:os";
import { join } from "node:path";
import v8 from "node:v8";
import { check, pass, scaled, unless } from "@greenlit/testing/program";
import { driver, park } from "../support/switcher.mjs";

const session = new Session();
session.connect();
const post = (method, params) => {
  let answer;
  session.post(method, params, (error, result) => {
    answer = error ?? result ?? {};
  });
  if (answer instanceof Error || answer === undefined)
    throw new Error(`${method}: ${JSON.stringify(answer)}`);
  return answer;
};

const parked = Array.from({ length: scaled(100) }, (_, i) => new RawGreenlet(() => park({ i })));
for (const greenlet of parked) greenlet.switch();

// Three greenlets use nearly all of the time; the root uses almost none.
post("Profiler.enable");
post("Profiler.setSamplingInterval", { interval: 500 });
post("Profiler.start");
// Microseconds of processor time: a process that has no processor has no samples.
const since = process.cpuUsage();
function burnInGreenlet(seed) {
  let x = seed;
  while (process.cpuUsage(since).user < 1_000_000) {
    for (let i = 0; i < 20_000; i++) x = (x * 1103515245 + 12345) & 0x7fffffff;
    park(x);
  }
  return x;
}
const burners = [1, 2, 3].map((seed) => new RawGreenlet(() => burnInGreenlet(seed)));
while (burners.some((greenlet) => !greenlet.dead))
  for (const greenlet of burners) greenlet.switch();
const { profile } = post("Profiler.stop");
const inside = new Set(
  profile.nodes
    .filter((node) => node.callFrame.functionName === "burnInGreenlet")
    .map((node) => node.id),
);
const hits = profile.samples.filter((id) => inside.has(id)).length;
const unseen =
  driver() !== "direct" && "V8's profiler samples only the thread, by its V8 id, that started it";
if (unless(unseen, "samples of code in greenlets")) {
  check(profile.samples.length > 20, `${profile.samples.length} samples`);
  check(
    hits > profile.samples.length / 3,
    `${hits} of ${profile.samples.length} samples are in greenlets`,
  );
} else {
  check(profile.nodes.length > 0, "a profile of the rest");
}

// A heap snapshot from inside a greenlet. Newer V8 takes the one of the inspector later, on the
// loop.
const folder = mkdtempSync(join(tmpdir(), "greenlit-"));
try {
  const file = join(folder, "inside.heapsnapshot");
  new RawGreenlet(() => v8.writeHeapSnapshot(file)).switch();
  const { snapshot, nodes } = JSON.parse(readFileSync(file, "utf8"));
  check(snapshot.node_count > 1000 && nodes.length > 1000, "a snapshot from inside a greenlet");
} finally {
  rmSync(folder, { recursive: true });
}
let characters = 0;
session.on("HeapProfiler.addHeapSnapshotChunk", ({ params }) => {
  characters += params.chunk.length;
});
await new Promise((resolve) => {
  new RawGreenlet(() => {
    session.post("HeapProfiler.takeHeapSnapshot", resolve);
    park();
  }).switch();
});
check(characters > 100_000, `a snapshot of ${characters} characters`);
check(new RawGreenlet(() => v8.getHeapStatistics().used_heap_size).switch() > 0, "heap statistics");

// Allocation sampling walks the stack at every nth allocation.
post("HeapProfiler.startSampling", { samplingInterval: 1024 });
const kept = new RawGreenlet(function allocatesInGreenlet() {
  return Array.from({ length: 20_000 }, (_, i) => ({ i }));
}).switch();
const { profile: heap } = post("HeapProfiler.stopSampling");
check(
  JSON.stringify(heap).includes("allocatesInGreenlet") && kept.length === 20_000,
  "allocations in a greenlet",
);

// An evaluation inside a greenlet that itself switches.
const { result } = new RawGreenlet(() => {
  const me = current();
  globalThis.resume = new RawGreenlet(() => me.switch(41) + 1);
  return post("Runtime.evaluate", { expression: "resume.switch() + resume.switch(0)" });
}).switch();
check(result.value === 42, JSON.stringify(result));

// Precise coverage and the debugger change code while frames of it are parked.
post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
post("Debugger.enable");
post("Debugger.disable");
check(post("Profiler.takePreciseCoverage").result.length > 0, "coverage");
post("Profiler.stopPreciseCoverage");
for (const greenlet of parked) greenlet.switch("on");
check(
  parked.every((greenlet) => greenlet.dead),
  "all parked greenlets ended",
);
pass(8);
