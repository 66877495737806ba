// One test plain and, if it passes so, in a greenlet.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { attempt } from "./attempt.mjs";

const REGISTER = fileURLToPath(new URL("../packages/greenlit/dist/register.js", import.meta.url));

/** So often a test may fail that passes plain, before it is said to. Some of Node's are moody. */
const TRIES = 3;

/**
 * @typedef {object} Options
 * @property {string} tests
 * @property {string} node
 * @property {string} driver
 * @property {string} by `require` or `import`
 * @property {number} jobs
 * @property {number} limit milliseconds for one run of one file
 */

/**
 * @typedef {object} Compared
 * @property {string} name
 * @property {string} prefix
 * @property {"same" | "differs" | "fails plain" | "skipped"} outcome
 * @property {number} tries how often it was run under the patch
 * @property {import("./attempt.mjs").Attempt} plain
 * @property {import("./attempt.mjs").Attempt} [patched]
 */

/**
 * @param {readonly import("./tests.mjs").Test[]} tests
 * @param {Options} options
 * @param {(one: Compared) => void} tell called for each as it is done
 * @returns {Promise<Compared[]>} in the order of `tests`
 */
export async function compareAll(tests, options, tell) {
  const folder = mkdtempSync(join(tmpdir(), "greenlit-conformance-"));
  /** @type {Compared[]} */
  const results = [];
  const left = tests.entries();
  try {
    await Promise.all(
      Array.from({ length: options.jobs }, async (_, worker) => {
        // All take from one iterator.
        for (const [i, test] of left) {
          const one = await compare(test, options, { folder, worker });
          results[i] = one;
          tell(one);
        }
      }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  }
  return results;
}

/**
 * @param {import("./tests.mjs").Test} test
 * @param {Options} options
 * @param {{ folder: string, worker: number }} place where the test may write
 * @returns {Promise<Compared>}
 */
async function compare({ name, prefix, path, flags }, options, { folder, worker }) {
  const { node, driver, by, limit } = options;
  // Node's test/common makes a folder of these two.
  const env = { ...process.env, NODE_TEST_DIR: folder, TEST_THREAD_ID: String(worker) };
  const green = { ...env, GREENLIT_SWITCHER: driver };
  const plain = await attempt(node, [...flags, path], { env, limit });
  if (plain.end !== "passed") {
    const outcome = plain.end === "skipped" ? "skipped" : "fails plain";
    return { name, prefix, outcome, tries: 0, plain };
  }
  const args = [...flags, `--${by}`, REGISTER, path];
  for (let tries = 1; ; tries++) {
    const patched = await attempt(node, args, { env: green, limit });
    const passed = patched.end === "passed";
    if (!passed && tries < TRIES) continue;
    return { name, prefix, outcome: passed ? "same" : "differs", tries, plain, patched };
  }
}
