import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Plot, renderSvg } from "./plot.js";
import type { Answer } from "./answer.js";
import type { Question, Results } from "./question.js";
import { gridLines, tableLines } from "./table.js";
import { targetLines } from "./targets.js";

const INTRODUCTION = `# Benchmarks

This page is written by \`npm run bench -- --write\`; [apps/bench](../apps/bench/README.md) holds the programs.
Every figure was measured in one run on one machine:`;

const METHOD = `## How to read the tables

A figure is the median of several runs of a program; ± is half the distance between the quartiles of these runs (absent where a busy machine or a long run left time for one). In each
round every program runs once, ours and the peers' in turn, each in a process of its own and all on the same core, but for the site that is crawled, so what
else the machine does falls on all alike. \`2.7x\` is the ratio to the first column of figures. Nanoseconds are processor
time: nothing measured so ever waits, so they are what a clock would show on a core of its own. Milliseconds of garbage
collection are by the clock, the fastest of several collections in each run; sleepers and pages a second are by the clock
too. What is said to be added is the median of differences of pairs that one process measures in turn. A number in brackets refers to the reason below the table.
The peers' programs do the same in the same number of lines; they are in [apps/bench/peers](../apps/bench/peers).`;

/** The whole page, which shows its plots from the folder `plots` beside it. */
export function markdown(results: Results, plots: ReadonlyMap<string, readonly Plot[]>): string {
  const runs = results.answers
    .flatMap(({ figures }) => Object.values(figures).flatMap((row) => Object.values(row)))
    .map((figure) => figure.runs);
  const machine = [
    ...Object.entries(results.machine),
    ["runs of each program", `${Math.min(...runs)} to ${Math.max(...runs)}`],
  ];
  const sections = results.answers.flatMap((answer) => [
    `## ${answer.asks}`,
    ...(plots.get(answer.name) ?? []).map(({ name, title }) => `![${title}](plots/${name}.svg)`),
    ...answer.tables.flatMap((table) => [
      `### ${table.title}`,
      tableLines(answer, table).join("\n"),
      table.rows.map(({ label, meaning }) => `- **${label}**: ${meaning}`).join("\n"),
    ]),
  ]);
  const parts = [
    INTRODUCTION,
    gridLines(["", ""], machine).join("\n"),
    METHOD,
    "## Targets",
    targetLines(results).join("\n"),
    ...sections,
  ];
  return `${parts.join("\n\n")}\n`;
}

/** Writes benchmarks.md and plots/*.svg into a folder. @returns the paths. */
export async function writeReport(
  results: Results,
  questions: readonly Question[],
  folder: string,
): Promise<string[]> {
  const plots = new Map<string, Plot[]>();
  for (const answer of results.answers) plots.set(answer.name, plotsOf(answer, questions));
  mkdirSync(join(folder, "plots"), { recursive: true });
  const written = [join(folder, "benchmarks.md")];
  writeFileSync(written[0] as string, markdown(results, plots));
  for (const plot of [...plots.values()].flat()) {
    const path = join(folder, "plots", `${plot.name}.svg`);
    writeFileSync(path, await renderSvg(plot));
    written.push(path);
  }
  return written;
}

function plotsOf(answer: Answer, questions: readonly Question[]): Plot[] {
  return questions.find(({ name }) => name === answer.name)?.plots(answer) ?? [];
}

/** What a terminal shows of one answer. */
export function answerText(answer: Answer): string {
  return answer.tables
    .map((table) => `\n## ${table.title}\n\n${tableLines(answer, table).join("\n")}`)
    .join("\n");
}
