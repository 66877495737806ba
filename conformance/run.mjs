// Node's own tests, plain and in a greenlet under the patch: what passes plain must pass there.
//
//   node conformance/run.mjs --tests DIR [--node PATH] [--driver direct] [--prefix fs,zlib]
//                            [--by require] [--jobs 2] [--limit 60] [--json FILE] [--verbose]
//
// README.md beside this file tells what the options mean. Exits with 1 when a test fails only under
// the patch, and is not in expected-failures.mjs; with 2 when it is called wrongly.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { expectedFailures } from "./expected-failures.mjs";
import { findTests, PREFIXES } from "./tests.mjs";
import { compareAll } from "./compare.mjs";
import { printTable, tail } from "./report.mjs";

const DRIVERS = ["auto", "direct", "locker", "thread"];
/** How Node is told that greenlit runs the test. */
const WAYS = ["require", "import"];

const options = readOptions();
const version = execFileSync(options.node, ["--version"], { encoding: "utf8" }).trim();
const files = findTests(options.tests, options.prefixes);
if (files.length === 0) refuse(`no tests of ${options.prefixes} in ${options.tests}`);
console.log(
  `Node ${version}, driver ${options.driver}, ${files.length} tests of ${options.tests}, each plain ` +
    `and with --${options.by} greenlit/register`,
);

let done = 0;
const compared = await compareAll(files, options, (one) => {
  done++;
  if (one.outcome === "differs") {
    console.log(`  FAILS under the patch: ${one.name} (${one.patched?.end})`);
    console.log(tail(one.patched?.output ?? "", options.verbose ? 60 : 8));
  }
  if (process.stdout.isTTY || done % 50 === 0) {
    process.stdout.write(`${process.stdout.isTTY ? "\r" : "  "}${done} of ${files.length}`);
    process.stdout.write(process.stdout.isTTY ? "" : "\n");
  }
});

const expected = new Map(
  expectedFailures
    .filter((entry) => entry.on === undefined || entry.on({ version, driver: options.driver }))
    .map(({ test, reason }) => [test, reason]),
);
const failures = compared.filter(({ outcome }) => outcome === "differs");
const unexpected = failures.filter(({ name }) => !expected.has(name));
const mended = compared.filter(({ name, outcome }) => outcome === "same" && expected.has(name));

printTable(compared, expected);
for (const { name } of failures) {
  const reason = expected.get(name);
  if (reason !== undefined) console.log(`expected to fail: ${name}: ${reason}`);
}
for (const { name } of mended) console.log(`passes, though it is expected to fail: ${name}`);
for (const { name, tries, outcome } of compared) {
  if (outcome === "same" && tries > 1) console.log(`passed only at try ${tries}: ${name}`);
}
for (const { name, patched } of unexpected) console.log(`FAILED: ${name} (${patched?.end})`);
if (options.json !== undefined) {
  writeFileSync(options.json, `${JSON.stringify({ version, driver: options.driver, compared })}\n`);
}
process.exitCode = unexpected.length > 0 ? 1 : 0;

/** @returns {import("./compare.mjs").Options & { json: string | undefined, verbose: boolean,
 *   prefixes: readonly string[] }} */
function readOptions() {
  const { values } = parseArgs({
    options: {
      tests: { type: "string", default: process.env.GREENLIT_NODE_TESTS ?? "" },
      node: { type: "string", default: process.execPath },
      driver: { type: "string", default: "auto" },
      prefix: { type: "string", default: PREFIXES.join() },
      by: { type: "string", default: "require" },
      jobs: { type: "string", default: "2" },
      limit: { type: "string", default: "60" },
      json: { type: "string" },
      verbose: { type: "boolean", default: false },
    },
  });
  const { tests, node, driver, by, json, verbose } = values;
  if (tests === "") refuse("--tests or GREENLIT_NODE_TESTS must name the folder `test` of Node's");
  if (!DRIVERS.includes(driver)) refuse(`--driver must be one of ${DRIVERS.join(", ")}`);
  if (!WAYS.includes(by)) refuse(`--by must be one of ${WAYS.join(", ")}`);
  const jobs = Number(values.jobs);
  const seconds = Number(values.limit);
  if (!(jobs >= 1 && seconds > 0)) refuse("--jobs and --limit must be positive numbers");
  const prefixes = values.prefix.split(",");
  return { tests, node, driver, prefixes, by, jobs, limit: seconds * 1000, json, verbose };
}

/**
 * @param {string} why
 * @returns {never}
 */
function refuse(why) {
  console.error(`conformance: ${why}`);
  process.exit(2);
}
