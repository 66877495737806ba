// Our own sampler sees what runs in greenlets, wherever they are suspended and resumed meanwhile.
// It also sees the time in which nothing runs.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { RawGreenlet, startSampler } from "@greenlit/switcher";
import { check, collect, pass, scaled, thrownBy } from "@greenlit/testing/program";
import { park } from "../support/switcher.mjs";

/**
 * Milliseconds of processor time. While other processes have the processor there are no samples.
 */
function spin(ms) {
  let x = 0;
  for (const start = process.cpuUsage(); ;) {
    const { user, system } = process.cpuUsage(start);
    if (user + system >= ms * 1000) return x;
    for (let i = 0; i < 1000; i++) x += Math.sqrt(x + 1);
  }
}
function busyInGreenlet() {
  for (let i = 0; i < 20; i++) {
    spin(15);
    park();
  }
}
function busyOnRoot() {
  spin(150);
}

const stop = startSampler();
check(thrownBy(() => startSampler(), "a second sampler").message.includes("already"), "only one");
for (const interval of [0, -1, Number.NaN, "fast"]) {
  check(thrownBy(() => startSampler({ interval }), "an interval") instanceof RangeError, "range");
}
const greenlets = Array.from({ length: 2 }, () => new RawGreenlet(busyInGreenlet));
for (let i = 0; i < 21; i++) {
  for (const greenlet of greenlets) greenlet.switch();
  if (i % 5 === 0) collect("minor");
}
busyOnRoot();
execFileSync("sleep", ["0.1"]);
spin(5);
const profile = stop();
check(stop() === profile, "stopping twice is the same");

const parents = new Map();
for (const { id, children } of profile.nodes) for (const child of children) parents.set(child, id);
const name = (id) => profile.nodes[id - 1].callFrame.functionName;
check(
  profile.nodes.every(({ id }, i) => id === i + 1),
  "ids are in order",
);
/** Samples whose stack has this function. */
function samplesIn(functionName) {
  let count = 0;
  for (let id of profile.samples) {
    while (id !== undefined && name(id) !== functionName) id = parents.get(id);
    if (id !== undefined) count++;
  }
  return count;
}
const seen = ["busyInGreenlet", "busyOnRoot", "(program)"].map(samplesIn);
console.log(`${profile.samples.length} samples; in greenlets, on the root, outside: ${seen}`);
// About one in a millisecond; on a busy machine there are only few.
check(seen[0] > scaled(30), "600 ms in greenlets");
check(seen[1] > scaled(5), "150 ms on the root");
const outside = profile.timeDeltas.reduce(
  (sum, delta, i) => sum + (i > 0 && name(profile.samples[i - 1]) === "(program)" ? delta : 0),
  0,
);
check(outside > 60_000, `100 ms outside JavaScript, seen ${outside} us`);
const { callFrame } = profile.nodes.find(({ callFrame: f }) => f.functionName === "spin");
check(callFrame.url.endsWith("sampler.mjs") && callFrame.lineNumber >= 5, "where it is");
check(profile.endTime > profile.startTime + 700_000, "times in microseconds");
if (process.argv[2] !== undefined) writeFileSync(process.argv[2], JSON.stringify(profile));

// Once more. The program may end while the sampler runs.
startSampler({ interval: 0.2 });
spin(20);
pass(10);
