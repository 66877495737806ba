// One run of one file, to its end or to the limit of its time.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** As much of the output is kept: its end. */
const KEPT = 20_000;

/**
 * @typedef {object} Attempt
 * @property {string} end "passed", "skipped", "exit code 1", "SIGSEGV", "hangs"
 * @property {string} output of both streams, the last part
 */

/**
 * @param {string} node
 * @param {readonly string[]} args
 * @param {{ env: NodeJS.ProcessEnv, limit: number }} options the limit in milliseconds
 * @returns {Promise<Attempt>}
 */
export function attempt(node, args, { env, limit }) {
  return new Promise((resolve, reject) => {
    // Some of Node's tests write into the working directory.
    const cwd = mkdtempSync(join(tmpdir(), "greenlit-node-test-"));
    // A group of its own, so that what it has started ends with it.
    const child = spawn(node, args, {
      cwd,
      env,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    let hangs = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output = (output + text).slice(-KEPT);
      });
    }
    const timer = setTimeout(() => {
      hangs = true;
      killGroup(child.pid);
    }, limit);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      killGroup(child.pid);
      // A grandchild in another group may have kept the pipes.
      const late = setTimeout(finish, 1000);
      child.on("close", () => {
        clearTimeout(late);
        finish();
      });
      function finish() {
        child.stdout.destroy();
        child.stderr.destroy();
        rmSync(cwd, { recursive: true, force: true });
        resolve({ end: endOf(code, signal, hangs, output), output });
      }
    });
  });
}

/**
 * @param {number | null} code
 * @param {NodeJS.Signals | null} signal
 * @param {boolean} hangs
 * @param {string} output
 */
function endOf(code, signal, hangs, output) {
  if (hangs) return "hangs";
  if (signal !== null) return signal;
  if (code !== 0) return `exit code ${code}`;
  // What `common.skip` of Node's tests prints.
  return /^1\.\.0 # Skipped/m.test(output) ? "skipped" : "passed";
}

/** @param {number | undefined} pid */
function killGroup(pid) {
  try {
    if (pid !== undefined) process.kill(-pid, "SIGKILL");
  } catch {
    // Nothing of it is left.
  }
}
