// npm run bench: every measurement, against the peers that are installed.
//
//   npm run bench -- [--quick] [--only switch,spawn] [--nodes dir,dir] [--write]
//                    [--json file] [--from file]
//
// --nodes: more Nodes to measure on; each folder holds bin/node and include/node. The switcher is
// compiled for each Node that has no newer binary than its sources.
// --write: writes docs/benchmarks.md and docs/plots. --json: keeps the figures; --from: shows kept
// ones, measures nothing.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bench, FULL, QUESTIONS, QUICK } from "./bench.js";
import type { Results } from "./question.js";
import { answerText, writeReport } from "./report.js";
import { targetLines } from "./targets.js";

const DOCS = fileURLToPath(new URL("../../../docs", import.meta.url));

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    nodes: { type: "string", default: "" },
    write: { type: "boolean", default: false },
    json: { type: "string" },
    from: { type: "string" },
  },
});

function stop(message: string): never {
  console.error(message);
  process.exit(2);
}

const names = (list: string): string[] => list.split(",").filter((name) => name !== "");
/** Paths are meant from where the command was typed, which npm leaves. */
const folders = (list: string): string[] =>
  names(list).map((path) => resolve(process.env.INIT_CWD ?? "", path));
const only = names(options.only);
const known = QUESTIONS.map(({ name }) => name);
const unknown = only.filter((name) => !known.includes(name));
if (unknown.length > 0) stop(`no such benchmark: ${unknown.join()}; there are ${known.join(", ")}`);
if (options.write && only.length > 0) stop("--write needs every table: leave out --only");

const start = performance.now();
const progress = (text: string): void => {
  console.error(`[${((performance.now() - start) / 1000).toFixed(0).padStart(3)} s] ${text}`);
};

function measure(): Results {
  const questions =
    only.length > 0 ? QUESTIONS.filter(({ name }) => only.includes(name)) : QUESTIONS;
  return bench(questions, options.quick ? QUICK : FULL, folders(options.nodes), {
    line: progress,
    answered: (answer) => console.log(answerText(answer)),
  });
}

let results: Results;
if (options.from === undefined) {
  results = measure();
} else {
  results = JSON.parse(readFileSync(options.from, "utf8")) as Results;
  for (const answer of results.answers) console.log(answerText(answer));
}
console.log(`\n## Targets\n\n${targetLines(results).join("\n")}`);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(results)}\n`);
if (options.write)
  for (const path of await writeReport(results, QUESTIONS, DOCS)) progress(`wrote ${path}`);
