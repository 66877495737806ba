// npm run canary: does the switcher run on the Nodes that came out since it was last proved?
//
//   node scripts/canary.mjs [--nodes 24,newest] [--programs gc,wasm] [--jobs 2]
//                           [--keep .cache/nodes]
//
// For the newest Node of each supported line, and of the newest line there is: fetches it from the
// registry, unless it is kept already, compiles the switcher for it, has `greenlit doctor` run the
// self-test on it, and runs the programs of the quick matrix under the driver that proved. Prints
// exact versions, and a line for each failure; exits with 1 if there is any. A driver that refuses
// although it is made for this machine is one.
import { execFileSync, spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import {
  failuresOf,
  PACKAGES,
  printTable,
  printUnsteady,
  QUICK,
  runCells,
  textOf,
} from "./cells.mjs";
import { compileFor, fetchNode, findPrograms, MAJORS, newestNodes, NODES } from "./programs.mjs";
import { build, install, root } from "./workspace.mjs";

const { values: options } = parseArgs({
  options: {
    nodes: { type: "string", default: [...MAJORS, "newest"].join() },
    programs: { type: "string", default: "" },
    jobs: { type: "string", default: "2" },
    keep: { type: "string", default: NODES },
  },
});
if (process.platform !== "linux") {
  console.error("greenlit: the canary needs Linux: only for that are there Nodes in the registry");
  process.exit(2);
}

/**
 * One Node on its way through the steps; `failure` says at which it stopped, and why.
 * @typedef {object} Examined
 * @property {string} title
 * @property {string | undefined} version
 * @property {string} [failure]
 * @property {Proved} [proved]
 */

/**
 * What runs on a Node, as `greenlit doctor` tells it.
 * @typedef {object} Proved
 * @property {string} node
 * @property {string} driver
 * @property {readonly import("@greenlit/switcher").SelfTestStep[]} steps
 * @property {readonly import("@greenlit/switcher").RefusedDriver[]} refused
 */

/**
 * @param {string} line
 * @param {string | undefined} version
 * @returns {Promise<Examined>}
 */
async function examine(line, version) {
  const one = { title: `Node ${version ?? line}`, version };
  if (version === undefined) return { ...one, failure: "the registry has none" };
  let home;
  try {
    home = fetchNode(line, process.arch, { version, nodes: resolve(options.keep) });
  } catch {
    return { ...one, failure: "cannot be fetched; what npm says of it is above" };
  }
  const node = join(home, "bin/node");
  try {
    const told = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    if (told !== `v${version}`) return { ...one, failure: `says that it is ${told}` };
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    return { ...one, failure: `does not start: ${message.trim().replaceAll("\n", " ")}` };
  }
  console.error(`greenlit: compiling for Node ${version} ...`);
  try {
    compileFor(home);
  } catch {
    return { ...one, failure: "the switcher does not compile; the compiler's errors are above" };
  }
  return { ...one, ...prove(node) };
}

/**
 * What `greenlit doctor` finds out on a Node: the driver, and every driver with what its self-test
 * did.
 * @param {string} node
 * @returns {Pick<Examined, "failure" | "proved">}
 */
function prove(node) {
  const { stdout, stderr, status, signal } = spawnSync(
    node,
    [join(root, "packages/greenlit/dist/cli.js"), "doctor", "--json"],
    { encoding: "utf8", env: { ...process.env, GREENLIT_SWITCHER: "", NODE_OPTIONS: "" } },
  );
  /** @type {import("../packages/greenlit/dist/doctor.js").Diagnosis} */
  let found;
  try {
    found = JSON.parse(stdout);
  } catch {
    const end = signal ?? `exit code ${status}`;
    return { failure: `greenlit doctor ended with ${end}: ${stderr.trim()}` };
  }
  console.log(`\n${formatDiagnosis(found)}`);
  const { switcher, problem, refused } = found;
  if (switcher === null) return { failure: `greenlets cannot run: ${problem}` };
  const { driver, selfTest: steps } = switcher;
  return { proved: { node, driver, steps, refused } };
}

install();
build();
// Only now: they are of the packages that are built.
const { formatDiagnosis } = await import(join(root, "packages/greenlit/dist/doctor.js"));
const { standingOf } = await import(join(root, "packages/switcher/dist/proved.js"));
const programs = findPrograms(PACKAGES, options.programs.split(","));
if (programs.length === 0) {
  console.error(`greenlit: no program's name contains "${options.programs}"`);
  process.exit(2);
}

const newest = await newestNodes(process.arch);
const newestLine = [...newest.keys()].sort((a, b) => Number(a) - Number(b)).at(-1) ?? "newest";
const lines = options.nodes.split(",").map((line) => (line === "newest" ? newestLine : line));
/** @type {Examined[]} */
const nodes = [];
for (const line of new Set(lines)) nodes.push(await examine(line, newest.get(line)));

/** @type {import("./cells.mjs").Cell[]} */
const cells = [];
const runnable = nodes.flatMap(({ title, proved }) => (proved ? [{ title, ...proved }] : []));
// All under one driver at once, that as many run at a time as may.
for (const driver of new Set(runnable.map((one) => one.driver))) {
  const some = runnable.filter((one) => one.driver === driver);
  const jobs = Number(options.jobs);
  cells.push(...(await runCells({ nodes: some, flags: QUICK, drivers: [driver], programs, jobs })));
}

const failures = [];
for (const { title, failure, proved } of nodes) {
  if (failure !== undefined) failures.push(`${title}: ${failure}`);
  for (const { driver, reason } of proved?.refused ?? [])
    failures.push(`${title}: the driver ${driver} refuses: ${reason}`);
}
failures.push(...failuresOf(cells));

console.log("\nThe newest Nodes; programs that passed, of those run:\n");
printTable([
  ["", "driver", "self-test", ...QUICK],
  ...nodes.map(({ title, proved: { driver = "none", steps = [] } = {} }) => [
    title,
    driver,
    `${steps.filter(({ ok }) => ok).length} of ${steps.length}`,
    ...QUICK.map((flag) =>
      textOf(cells.find((cell) => cell.title === title && cell.flag === flag)),
    ),
  ]),
]);
for (const { title, version = "", proved } of nodes) {
  if (proved === undefined || standingOf(version).proved) continue;
  const { newest } = standingOf(version);
  console.log(
    `\n${title} is newer than what packages/switcher/src/proved.ts names (${newest ?? "no Node of this line"}): ` +
      "when `npm run test:matrix` passes on it too, name it there.",
  );
}
console.log(`\nNodes: ${nodes.length}, failures: ${failures.length}`);
for (const failure of failures) console.log(`  ${failure.replaceAll("\n", "\n    ")}`);
printUnsteady(cells);
process.exitCode = failures.length === 0 ? 0 : 1;
