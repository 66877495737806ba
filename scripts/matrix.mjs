// Runs the whole programs of packages/switcher, core, backend and greenlit on every
// supported Node, plain and under flags that make V8 check itself, under each driver of the
// switcher that is named; then the vitest suites of these packages on every Node. Prints a table.
//
//   node scripts/matrix.mjs [--nodes 20,22] [--flags "plain,--no-opt"]
//                           [--drivers direct,locker,thread] [--programs gc,wasm] [--quick]
//                           [--jobs 2] [--suites | --no-suites]
//
// A program that fails a check is tried once more, and told as unsteady if it passes then; one that
// crashes or hangs is not.
//
// --quick: plain on every Node but the running one, where `npm test` has it; each of the two
// hardest flags on one Node, in turn for each program; no suites unless --suites asks for them.
// --drivers: `direct` if nothing is said. --programs without --suites runs no suites either. Other
// majors than the running one come from the registry, as packages that hold a Node with its
// headers, and are kept in .cache/nodes. Exits with 1 if anything failed.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  failuresOf,
  FLAGS,
  PACKAGES,
  printTable,
  printUnsteady,
  QUICK,
  runCells,
  tableOf,
} from "./cells.mjs";
import { compileFor, fetchNode, findPrograms, MAJORS } from "./programs.mjs";
import { build, install, root } from "./workspace.mjs";

const SUITES_TIME_LIMIT = 1_800_000;
/** The programs are run on every Node above, under more flags; so the suites leave them out. */
const NOT_IN_SUITES = "**/programs.test.ts";

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

/**
 * The path of a Node of this major version, with the switcher built for it.
 * @param {string} major
 */
function prepare(major) {
  if (major === process.versions.node.split(".")[0]) return process.execPath;
  const home = fetchNode(major, process.arch);
  console.error(`greenlit: compiling for Node ${major} ...`);
  compileFor(home);
  return join(home, "bin/node");
}

/**
 * What vitest's reporter of this name writes, as far as it is read here.
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numTotalTests
 * @property {{
 *   name: string,
 *   status: string,
 *   assertionResults: { status: string, fullName: string }[],
 * }[]} testResults
 */

/**
 * @typedef {object} Suites
 * @property {number} passed
 * @property {number} total
 * @property {number} seconds
 * @property {string[]} failed
 * @property {string} output
 */

/**
 * Runs the vitest suites on this Node; what failed, by name, and how many passed.
 * @param {{ major: string, node: string }} one
 * @returns {Promise<Suites>}
 */
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
      /** @type {Report} */
      const { numPassedTests, numTotalTests, testResults } = JSON.parse(
        readFileSync(report, "utf8"),
      );
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

/**
 * What a quick matrix runs.
 * @param {import("./cells.mjs").Run} run
 */
function isQuick({ node, flag, turn }) {
  return flag === "plain" ? node !== process.execPath : turn % nodes.length === 0;
}

install();
build();
const nodes = options.nodes.split(",").map((major) => ({ major, node: prepare(major) }));
const started = performance.now();
const cells = await runCells({
  nodes: nodes.map(({ major, node }) => ({ title: `Node ${major}`, node })),
  flags: options.flags?.split(",") ?? (options.quick ? QUICK : Object.keys(FLAGS)),
  drivers: options.drivers.split(","),
  programs: findPrograms(PACKAGES, options.programs.split(",")),
  jobs: Number(options.jobs),
  ...(options.quick && options.flags === undefined ? { isWanted: isQuick } : {}),
});

const withSuites =
  options.suites ?? !(options["no-suites"] || options.quick || options.programs !== "");
/** @type {Suites[]} */
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

const rows = tableOf(cells);
if (withSuites) rows.push(["vitest", ...suites.map(({ passed, total }) => `${passed}/${total}`)]);
console.log("\nPrograms, passed of run:\n");
printTable(rows);
const failures = failuresOf(cells);
suites.forEach(({ failed }, i) => {
  failures.push(...failed.map((name) => `Node ${nodes[i]?.major} ${name}`));
});
const done = cells.reduce((sum, { run }) => sum + run, 0);
console.log(
  `\n${done} runs in ${Math.round((performance.now() - started) / 1000)} s, ${failures.length} failed`,
);
for (const failure of failures) console.log(`  ${failure}`);
printUnsteady(cells);
process.exitCode = failures.length === 0 && done + suites.length > 0 ? 0 : 1;
