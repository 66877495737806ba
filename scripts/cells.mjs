// The matrix: whole programs on several Nodes, plain and under flags that make V8 check itself,
// under drivers of the switcher. One cell of its table is one flag under one driver on one Node.
import { execFileSync } from "node:child_process";

/** Whose programs are run. */
export const PACKAGES = ["switcher", "core", "backend", "net", "greenlit"];

/**
 * Programs about the command, which start dozens of others: V8's checks of itself find nothing
 * there.
 */
const PLAIN_ONLY = "greenlit/";

/**
 * Under each, and how much smaller the counts in a program get: these make V8 slow, not the program
 * wrong.
 */
export const FLAGS = /** @type {Readonly<Record<string, { readonly scale: number }>>} */ ({
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
});
export const QUICK = ["plain", "--stress-compaction", "--stress-scavenge=50"];
const TIME_LIMIT = 300_000;

/** How much smaller the counts get again: a switch of `thread` takes fifty times as long. */
const DRIVER_SCALE = new Map([
  ["direct", 1],
  ["locker", 1],
  ["thread", 0.1],
]);

/**
 * A Node to run programs on.
 * @typedef {object} Node
 * @property {string} title for people
 * @property {string} node the path of its executable
 */

/**
 * @typedef {object} Outcome
 * @property {string} flag
 * @property {string} driver
 * @property {number} run how many programs were
 * @property {number} passed
 * @property {string[]} failed their names
 * @property {string[]} unsteady those that passed only when they were tried again
 * @property {boolean} absent the Node does not know the flag, or it is not wanted
 */

/** @typedef {Node & Outcome} Cell */

/**
 * One program in one cell.
 * @typedef {object} Run
 * @property {string} node the path of the Node's executable
 * @property {string} flag
 * @property {number} turn counts up along the programs, along the Nodes, and along the flags
 */

/**
 * Whether this Node has the flag; V8 names those that it does not know as bad options.
 * @param {string} node
 * @param {string} flag
 */
function knows(node, flag) {
  try {
    execFileSync(node, [flag, "-e", "0"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/**
 * Runs each program in each cell, and tells on stderr what it does. The packages must be built.
 * @param {object} what
 * @param {readonly Node[]} what.nodes
 * @param {readonly string[]} what.flags
 * @param {readonly string[]} what.drivers
 * @param {readonly import("./programs.mjs").Program[]} what.programs
 * @param {number} what.jobs how many run at a time
 * @param {(run: Run) => boolean} [what.isWanted] all, if not given
 * @returns {Promise<Cell[]>}
 */
export async function runCells({ nodes, flags, drivers, programs, jobs, isWanted }) {
  // Only now: it is one of the packages that are built.
  const { runProgram } = await import("@greenlit/testing/run-program");
  for (const driver of drivers) {
    if (!DRIVER_SCALE.has(driver)) throw new Error(`there is no driver "${driver}"`);
  }
  /** @type {(Cell & { readonly turn: number })[]} */
  const cells = nodes.flatMap((node, i) =>
    flags.flatMap((flag, j) =>
      drivers.map((driver) => ({
        title: node.title,
        node: node.node,
        flag,
        driver,
        run: 0,
        passed: 0,
        failed: [],
        unsteady: [],
        absent: flag !== "plain" && !knows(node.node, flag),
        turn: i + j,
      })),
    ),
  );
  const queue = cells
    .filter(({ absent }) => !absent)
    .flatMap((cell) => programs.map((program, i) => ({ ...program, cell, turn: cell.turn + i })))
    .filter(({ name, cell }) => cell.flag === "plain" || !name.startsWith(PLAIN_ONLY))
    .filter(({ cell, turn }) => isWanted?.({ node: cell.node, flag: cell.flag, turn }) ?? true);
  for (const cell of cells) cell.absent ||= !queue.some((job) => job.cell === cell);
  const total = queue.length;
  let done = 0;

  async function work() {
    for (let job = queue.shift(); job !== undefined; job = queue.shift()) {
      const { cell, name, path } = job;
      const { title, node, flag, driver } = cell;
      const attempt = () =>
        runProgram(path, {
          node,
          flags: flag === "plain" ? [] : [flag],
          scale: (FLAGS[flag]?.scale ?? 1) * (DRIVER_SCALE.get(driver) ?? 1),
          timeLimit: TIME_LIMIT,
          // Programs are short: most would end before greenlets hand over to each other.
          env: { GREENLIT_SWITCHER: driver, GREENLIT_HAND_OVER: "0" },
        });
      let { passed, signal, seconds, report } = await attempt();
      const tell = (/** @type {string} */ outcome) =>
        console.error(
          `${done}/${total} ${title} ${driver} ${flag} ${name} ${seconds.toFixed(1)} s ${outcome}`,
        );
      done++;
      cell.run++;
      if (!passed) {
        tell("FAILED");
        console.error(`\nFAILED ${name} on ${title} with ${driver} ${flag}:\n${report}\n`);
        // A failed check may be the machine's; a crash or a hang never is.
        if (signal === null) ({ passed, seconds } = await attempt());
        if (passed) cell.unsteady.push(name);
      }
      if (passed) {
        cell.passed++;
        tell(cell.unsteady.includes(name) ? "ok when tried again" : "ok");
      } else {
        cell.failed.push(name);
      }
    }
  }
  await Promise.all(Array.from({ length: jobs }, work));
  return cells;
}

/**
 * What failed in the cells, a line each.
 * @param {readonly Cell[]} cells
 */
export function failuresOf(cells) {
  return namesOf(cells, ({ failed }) => failed);
}

/**
 * Prints what passed only when it was tried again.
 * @param {readonly Cell[]} cells
 */
export function printUnsteady(cells) {
  for (const name of namesOf(cells, ({ unsteady }) => unsteady))
    console.log(`  UNSTEADY, passed only when tried again: ${name}`);
}

/**
 * @param {readonly Cell[]} cells
 * @param {(cell: Cell) => readonly string[]} which
 */
function namesOf(cells, which) {
  return cells.flatMap((cell) =>
    which(cell).map((name) => `${cell.title} ${cell.driver} ${cell.flag} ${name}`),
  );
}

/**
 * What stands in a cell of the table; `-` when it was not run.
 * @param {Cell | undefined} cell
 */
export function textOf(cell) {
  if (cell === undefined) return "-";
  return cell.absent ? "left out" : `${cell.passed} of ${cell.run}`;
}

/**
 * The cells as rows: a row for each flag (under each driver, if there are several), a column for
 * each Node.
 * @param {readonly Cell[]} cells
 */
export function tableOf(cells) {
  const unique = (/** @type {readonly string[]} */ values) => [...new Set(values)];
  const several = new Set(cells.map(({ driver }) => driver)).size > 1;
  const name = (/** @type {Cell} */ { driver, flag }) => (several ? `${driver} ${flag}` : flag);
  const titles = unique(cells.map(({ title }) => title));
  const rows = [["", ...titles]];
  for (const row of unique(cells.map(name))) {
    const mine = cells.filter((cell) => name(cell) === row);
    rows.push([row, ...titles.map((title) => textOf(mine.find((cell) => cell.title === title)))]);
  }
  return rows;
}

/**
 * Prints rows as a table in Markdown; the first is its head.
 * @param {readonly (readonly string[])[]} rows
 */
export function printTable(rows) {
  const [head = [], ...body] = rows;
  const widths = head.map((_, i) => Math.max(6, ...rows.map((row) => row[i]?.length ?? 0)));
  const line = (/** @type {readonly string[]} */ row) =>
    `| ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  console.log(line(head));
  console.log(line(widths.map((width) => "-".repeat(width))));
  for (const row of body) console.log(line(row));
}
