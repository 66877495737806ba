// npm run soak: greenlets at work for minutes, in the main thread and in workers, at random from a
// seed; fails if the process grows.
//
//   node scripts/soak.mjs [--minutes 10] [--seed 1] [--workers 2] [--node <binary>]
//
// The rule: the first quarter warms up. After it, the median of the last quarter may exceed that of
// the second by at most 15 % and 24 MB (memory), 5 % and 32 (mappings), 2 (descriptors). Otherwise,
// or if a check fails, it exits with 1.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { build, install, root } from "./workspace.mjs";

const { values: options } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: String(Math.floor(Math.random() * 2 ** 31)) },
    workers: { type: "string", default: "2" },
    node: { type: "string" },
  },
});
const [minutes, seed, workers] = [
  Number(options.minutes),
  Number(options.seed),
  Number(options.workers),
];
if (!(minutes >= 0.5) || !Number.isInteger(seed) || !Number.isInteger(workers)) {
  console.error("soak: --minutes is 0.5 or more, --seed and --workers are whole numbers");
  process.exit(2);
}

const MB = 2 ** 20;

/**
 * What must not grow: how much there may be at the end `of` what there was first, and its `text`.
 * @typedef {object} Limit
 * @property {"rss" | "mappings" | "descriptors"} key
 * @property {(first: number) => number} of
 * @property {(n: number) => string} text
 */

/** @type {readonly Limit[]} */
const LIMITS = [
  {
    key: "rss",
    of: (first) => first * 1.15 + 24 * MB,
    text: (n) => `${(n / MB).toFixed(1)} MB`,
  },
  { key: "mappings", of: (first) => first * 1.05 + 32, text: String },
  { key: "descriptors", of: (first) => first + 2, text: String },
];

install();
// Another Node has its addon from the matrix, or build-native.mjs.
if (options.node === undefined) build();
const node = options.node ?? process.execPath;
console.log(`soak: seed ${seed}, ${minutes} minutes, ${workers} workers, ${node}`);
// V8 lets the young generation grow for minutes, page by page, each a mapping: up to 4 MB here, so
// that it is grown soon.
const FLAGS = ["--expose-gc", "--max-semi-space-size=4"];
const child = spawn(
  node,
  [...FLAGS, `${root}packages/core/test/soak.mjs`, JSON.stringify({ minutes, seed, workers })],
  { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_OPTIONS: "" } },
);
for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM"])) {
  process.once(signal, () => child.kill(signal));
}

/** @typedef {Record<Limit["key"] | "seconds" | "heap" | "alive" | "acts", number>} Sample */

/** @type {Sample[]} */
const samples = [];
let told = 0;
createInterface({ input: child.stdout }).on("line", (line) => {
  /** @type {Sample} */
  const sample = JSON.parse(line);
  samples.push(sample);
  if (sample.seconds - told < 10) return;
  told = sample.seconds;
  const { seconds, rss, mappings, descriptors, heap, alive, acts } = sample;
  console.log(
    `${String(seconds).padStart(5)} s  rss ${(rss / MB).toFixed(0)} MB  heap ${(heap / MB).toFixed(0)} MB  ` +
      `${mappings} mappings  ${descriptors} descriptors  ${alive} greenlets  ${acts} acts`,
  );
});
const ended = await new Promise((resolve) => {
  child.on("close", (code, signal) => resolve(signal ?? code));
});

/**
 * The median of a quarter of the samples.
 * @param {Limit["key"]} key
 * @param {number} quarter
 */
function median(key, quarter) {
  const size = samples.length / 4;
  const values = samples.slice(Math.floor(quarter * size), Math.floor((quarter + 1) * size));
  return values.map((sample) => sample[key]).sort((a, b) => a - b)[values.length >> 1] ?? NaN;
}

let flat = samples.length >= 8;
console.log("\n|             | second quarter | last quarter | at most    |        |");
console.log("| ----------- | -------------- | ------------ | ---------- | ------ |");
for (const { key, of, text } of samples.length >= 8 ? LIMITS : []) {
  const first = median(key, 1);
  const last = median(key, 3);
  const good = last <= of(first);
  flat &&= good;
  const row = [key.padEnd(11), text(first).padEnd(14), text(last).padEnd(12)];
  console.log(
    `| ${row.join(" | ")} | ${text(Math.round(of(first))).padEnd(10)} | ${good ? "flat  " : "GROWS "} |`,
  );
}
const acts = samples.at(-1)?.acts ?? 0;
console.log(`\n${acts} acts, ${samples.length} samples; the program ended with ${ended}`);
process.exitCode = flat && ended === 0 && acts > 0 ? 0 : 1;
