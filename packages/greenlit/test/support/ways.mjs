// Runs a program by node, by `greenlit run`, and by `node --import greenlit/register`, and
// compares.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { check, matches, same } from "@greenlit/testing/program";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
/**
 * V8's, which the matrix gives; the flag for `collect` would have `greenlit run` take the way it
 * takes with flags.
 */
export const FLAGS = process.execArgv.filter((flag) => flag !== "--expose-gc");
const TIME_LIMIT = 120_000;

/** What starts a program in each way. */
export const WAYS = {
  node: [...FLAGS],
  run: [...FLAGS, `${DIST}cli.js`, "run"],
  register: [...FLAGS, "--import", `${DIST}register.js`],
};
/** The ways in which greenlit runs it. */
export const GREEN = ["run", "register"];

const CACHE = fileURLToPath(new URL("../../../../.cache/", import.meta.url));
mkdirSync(CACHE, { recursive: true });
/**
 * Where the programs are: below the root, so that they find greenlit; without a type, whatever the
 * root has.
 */
export const folder = mkdtempSync(join(CACHE, "run-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
writeFileSync(join(folder, "package.json"), "{}");

/** Writes files: their paths, and what is in them. */
export function write(files) {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
}

/**
 * Runs node with these arguments in the folder. `onOutput` is called with all that was printed,
 * whenever something is.
 */
export function runNode(args, { input = "", env = {}, onOutput = () => {}, cwd = folder } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { ...process.env, NODE_OPTIONS: "", ...env },
      stdio: ["pipe", "pipe", "pipe"],
      timeout: TIME_LIMIT,
      killSignal: "SIGKILL",
    });
    let [output, errors] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      output += text;
      onOutput(child, output);
    });
    child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
    child.stdin.on("error", () => {}); // it may end without having read it
    child.stdin.end(input);
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ ended: signal ?? code, output, errors }));
  });
}

/** Runs a program in one way. */
export function runWay(way, args, options) {
  return runNode([...WAYS[way], ...args], options);
}

/**
 * Of what node says of an error: the place, the line, and the error itself; not the caret, which is
 * where the error was made instead of thrown, for which a line of Node's own may be another; nor
 * the stack, which has more frames.
 */
function told(errors) {
  const steady = errors.replaceAll(/\(node:\d+\)/g, "(node)");
  const lines = steady.split("\n").filter((line) => !/^\s*\^*\s*$|^ +at /.test(line));
  return lines.slice(lines[0]?.startsWith("node:internal") ? 2 : 0, 3).join("\n");
}

/** A program must do in each way what it does under node. */
export async function sameAsNode(what, args, { ways = GREEN, ...options } = {}) {
  const expected = await runWay("node", args, options);
  for (const way of ways) {
    const result = await runWay(way, args, options);
    const where = `${what}, ${way}`;
    same(result.output, expected.output, `${where}: stdout\n${result.errors}`);
    same(told(result.errors), told(expected.errors), `${where}: stderr`);
    same(result.ended, expected.ended, `${where}: end`);
  }
}

/** A program that needs greenlit must print this, and end like this, in both ways. */
export async function green(
  what,
  args,
  output,
  { ended = 0, errors, ways = GREEN, ...options } = {},
) {
  for (const way of ways) {
    const result = await runWay(way, args, options);
    const where = `${what}, ${way}`;
    same(result.output, output, `${where}: stdout\n${result.errors}`);
    if (errors !== undefined) matches(result.errors, errors, `${where}: stderr`);
    check(result.ended === ended, `${where}: ended with ${result.ended}\n${result.errors}`);
  }
}
