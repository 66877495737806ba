// Runs the whole programs of packages/switcher and packages/core on every supported Node, plain and under flags that make
// V8 check itself, under each driver of the switcher that is named; then the vitest suites of both packages on every Node.
// Prints a table.
//
//   node scripts/matrix.mjs [--nodes 20,22] [--flags "plain,--no-opt"] [--drivers direct,locker,thread]
//                           [--programs gc,wasm] [--quick] [--jobs 2] [--suites | --no-suites]
//
// --quick: plain and the two hardest flags, and no suites unless --suites asks for them. --drivers: `direct` if nothing is
// said. --programs without --suites runs no suites either. Other majors than the running one come from the registry, as
// packages that hold a Node with its headers, and are kept in .cache/nodes. Exits with 1 if anything failed.
import { execFileSync, spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileFor, fetchNode, findPrograms, MAJORS } from "./programs.mjs";
import { build, install, root } from "./workspace.mjs";

const PACKAGES = ["switcher", "core"];

/** Under each, and how much smaller the counts in a program get: these make V8 slow, not the program wrong. */
const FLAGS = {
  plain: { scale: 1 },
  "--stress-compaction": { scale: 0.2 },
  "--gc-interval=997": { scale: 0.2 },
  "--stress-scavenge=50": { scale: 0.2 },
  "--always-sparkplug": { scale: 1 },
  "--max-semi-space-size=1": { scale: 1 },
  "--stress-marking=20": { scale: 0.2 },
  "--no-opt": { scale: 1 },
  "--always-turbofan": { scale: 0.1 },
  "--maglev": { scale: 1 },
};
const QUICK = ["plain", "--stress-compaction", "--stress-scavenge=50"];
const TIME_LIMIT = 180_000;
const SUITES_TIME_LIMIT = 1_800_000;
/** The programs are run on every Node above, under more flags; so the suites leave them out. */
const NOT_IN_SUITES = "**/programs.test.ts";

/** How much smaller the counts get again: a switch of `thread` takes fifty times as long. */
const DRIVER_SCALE = { direct: 1, locker: 1, thread: 0.1 };

const { values: options } = parseArgs({
  options: {
    nodes: { type: "string", default: MAJORS.join() },
    flags: { type: "string" },
    drivers: { type: "string", default: "direct" },
    programs: { type: "string", default: "" },
    quick: { type: "boolean", default: false },
    jobs: { type: "string", default: "2" },
    suites: { type: "boolean" },
    "no-suites": { type: "boolean", default: false },
  },
});

/** The path of a Node of this major version, with the switcher built for it. */
function prepare(major) {
  if (major === process.versions.node.split(".")[0]) return process.execPath;
  const home = fetchNode(major, process.arch);
  console.error(`greenlit: compiling for Node ${major} ...`);
  compileFor(home);
  return join(home, "bin/node");
}

/** Whether this Node has the flag; V8 names those that it does not know as bad options. */
function knows(node, flag) {
  try {
    execFileSync(node, [flag, "-e", "0"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function run({ node, flag, driver, path }) {
  const flags = flag === "plain" ? [] : [flag];
  const scale = (FLAGS[flag]?.scale ?? 1) * DRIVER_SCALE[driver];
  // Programs are short: most would end before greenlets hand over to each other.
  const env = { GREENLIT_SWITCHER: driver, GREENLIT_HAND_OVER: "0" };
  return runProgram(path, { node, flags, env, scale, timeLimit: TIME_LIMIT });
}

/** Runs the vitest suites on this Node; what failed, by name, and how many passed. */
function runSuites({ major, node }) {
  const report = join(root, `.cache/suites-${major}.json`);
  rmSync(report, { force: true });
  // The workers of vitest get the flags of vitest.config.ts; vitest itself needs none.
  const child = spawn(
    node,
    [
      join(root, "node_modules/vitest/vitest.mjs"),
      "run",
      ...PACKAGES.map((name) => `packages/${name}/test/`),
      `--exclude=${NOT_IN_SUITES}`,
      "--reporter=dot",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ],
    {
      cwd: root,
      env: { ...process.env, NODE_OPTIONS: "", CI: "1" },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: SUITES_TIME_LIMIT,
      killSignal: "SIGKILL",
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk) => (output += chunk));
  const started = performance.now();
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const seconds = (performance.now() - started) / 1000;
      if (!existsSync(report)) {
        return resolve({
          passed: 0,
          total: 0,
          seconds,
          failed: [signal ?? `exit ${code}`],
          output,
        });
      }
      const { numPassedTests, numTotalTests, testResults } = JSON.parse(readFileSync(report));
      const failed = testResults.flatMap(({ name, status, assertionResults }) => {
        const tests = assertionResults.filter((test) => test.status === "failed");
        const file = name.slice(name.indexOf("packages/"));
        if (tests.length > 0) return tests.map(({ fullName }) => `${file}: ${fullName}`);
        return status === "failed" ? [file] : [];
      });
      if (failed.length === 0 && code !== 0) failed.push(signal ?? `exit ${code}`);
      resolve({ passed: numPassedTests, total: numTotalTests, seconds, failed, output });
    });
  });
}

install();
build();
// Only now: it is one of the packages that are built.
const { runProgram } = await import("@greenlit/testing/run-program");
const nodes = options.nodes.split(",").map((major) => ({ major, node: prepare(major) }));
const flags = options.flags?.split(",") ?? (options.quick ? QUICK : Object.keys(FLAGS));
const drivers = options.drivers.split(",");
for (const driver of drivers) {
  if (!(driver in DRIVER_SCALE)) throw new Error(`there is no driver "${driver}"`);
}
const all = findPrograms(PACKAGES, options.programs.split(","));

// One cell of the table is one flag under one driver on one Node.
const cells = nodes.flatMap(({ major, node }) =>
  flags.flatMap((flag) =>
    drivers.map((driver) => ({
      major,
      node,
      flag,
      driver,
      passed: 0,
      failed: [],
      absent: flag !== "plain" && !knows(node, flag),
    })),
  ),
);
const queue = cells
  .filter(({ absent }) => !absent)
  .flatMap((cell) => all.map((program) => ({ ...program, cell })));
const total = queue.length;
const started = performance.now();
let done = 0;

async function work() {
  for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
    const { cell, name, path } = job;
    const { passed, seconds, report } = await run({ ...cell, path });
    done++;
    const outcome = passed ? "ok" : "FAILED";
    console.error(
      `${done}/${total} Node ${cell.major} ${cell.driver} ${cell.flag} ${name} ${seconds.toFixed(1)} s ${outcome}`,
    );
    if (passed) {
      cell.passed++;
      continue;
    }
    cell.failed.push(name);
    console.error(
      `\nFAILED ${name} on Node ${cell.major} with ${cell.driver} ${cell.flag}:\n${report}\n`,
    );
  }
}
await Promise.all(Array.from({ length: Number(options.jobs) }, work));

const withSuites =
  options.suites ?? !(options["no-suites"] || options.quick || options.programs !== "");
const suites = [];
for (const one of withSuites ? nodes : []) {
  console.error(`Node ${one.major}: the vitest suites ...`);
  const result = await runSuites(one);
  suites.push(result);
  console.error(
    `Node ${one.major}: ${result.passed} of ${result.total} tests in ${result.seconds.toFixed(0)} s`,
  );
  if (result.failed.length > 0) console.error(result.output.slice(-8000));
}

console.log(`\n${all.length} programs; passed of run:\n`);
const rows = flags.flatMap((flag) => drivers.map((driver) => ({ flag, driver })));
const title = ({ flag, driver }) => (drivers.length > 1 ? `${driver} ${flag}` : flag);
const width = Math.max(6, ...rows.map((row) => title(row).length));
console.log(
  `| ${"".padEnd(width)} | ${nodes.map(({ major }) => `Node ${major}`.padEnd(8)).join(" | ")} |`,
);
console.log(`| ${"-".repeat(width)} | ${nodes.map(() => "-".repeat(8)).join(" | ")} |`);
for (const row of rows) {
  const text = cells
    .filter(({ flag, driver }) => flag === row.flag && driver === row.driver)
    .map(({ absent, passed }) => (absent ? "no flag" : `${passed} of ${all.length}`).padEnd(8));
  console.log(`| ${title(row).padEnd(width)} | ${text.join(" | ")} |`);
}
if (withSuites) {
  const text = suites.map(({ passed, total }) => `${passed}/${total}`.padEnd(8));
  console.log(`| ${"vitest".padEnd(width)} | ${text.join(" | ")} |`);
}
const failures = cells.flatMap(({ major, flag, driver, failed }) =>
  failed.map((name) => `Node ${major} ${driver} ${flag} ${name}`),
);
suites.forEach(({ failed }, i) => {
  failures.push(...failed.map((name) => `Node ${nodes[i].major} ${name}`));
});
console.log(
  `\n${done} runs in ${Math.round((performance.now() - started) / 1000)} s, ${failures.length} failed`,
);
for (const failure of failures) console.log(`  ${failure}`);
process.exitCode = failures.length === 0 && done + suites.length > 0 ? 0 : 1;
