// Test suites of others that use greenlit, under runners that load modules into a realm of each
// file's own: both files run in one thread, so that their copies of greenlit meet there.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));
/** Below the root, so that `greenlit` and the runners are found. */
let folder: string;
beforeAll(() => {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  folder = mkdtempSync(join(ROOT, ".cache/test-runners-"));
  const files = {
    "package.json": `{ "type": "module", "jest": { "testEnvironment": "node", "transform": {} } }`,
    "vitest.config.js": `export default { test: { globals: true } };`,
    "support.js": SUPPORT,
    "one.test.js": suite("one"),
    "two.test.js": suite("two"),
  };
  for (const [name, text] of Object.entries(files)) write(name, text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text);
}

const SUPPORT = `
import { AsyncResource } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc");
/** Minor ones, after which objects have moved, and a full one. */
export function collect() {
  for (let i = 0; i < 4; i++) gc({ type: "minor" });
  gc();
}

/**
 * How many turns the greenlets had that files left to run. Beside a class of Node's, so that all
 * files see the same.
 */
export const turns = (AsyncResource[Symbol.for("turns of greenlets")] ??= []);
`;

const suite = (name: string): string => `
import { AsyncLocalStorage } from "node:async_hooks";
import { joinAll, Queue, run, sleep, spawn, wait } from "greenlit";
import { collect, turns } from "./support.js";

const storage = new AsyncLocalStorage();

test("${name}: greenlets take turns, and keep what they hold through collections", async () => {
  const order = [];
  const work = (id) => {
    const kept = { id, parts: Array.from({ length: 10 }, (_, i) => id + i + "${name}") };
    for (let turn = 0; turn < 5; turn++) {
      sleep(turn % 2);
      if (turn === id % 5) collect();
      order.push(id);
    }
    return kept;
  };
  const results = await run(() => {
    const all = Array.from({ length: 20 }, (_, id) => spawn(work, id));
    joinAll(all);
    return all.map((greenlet) => greenlet.get());
  });
  expect(results.map(({ id }) => id)).toEqual(Array.from({ length: 20 }, (_, id) => id));
  expect(results.every(({ id, parts }) => parts.every((part, i) => part === id + i + "${name}"))).toBe(true);
  expect(order.slice(0, 20)).not.toEqual(Array(20).fill(order[0]));
});

test("${name}: each greenlet has its own store", async () => {
  const seen = await run(() =>
    storage.run("${name}", () => {
      const all = ["a", "b", "c"].map((part) =>
        spawn(() => storage.run(storage.getStore() + part, () => {
          sleep(1);
          collect();
          wait(new Promise((resolve) => setTimeout(resolve, 1)));
          return storage.getStore();
        })),
      );
      joinAll(all);
      return [...all.map((greenlet) => greenlet.get()), storage.getStore()];
    }),
  );
  expect(seen).toEqual(["${name}a", "${name}b", "${name}c", "${name}"]);
});

test("${name}: greenlets stay parked from one test to the next", async () => {
  const queue = new Queue();
  const parked = spawn(() => {
    const kept = { name: "${name}" };
    return kept.name + queue.get();
  });
  await run(() => sleep(1));
  collect();
  await run(() => queue.put("!"));
  expect(await parked).toBe("${name}!");
});

test("${name}: some are left when the file ends: one is parked, one goes on", async () => {
  const kept = { name: "${name}" };
  const parked = spawn(() => {
    sleep(600_000);
    return kept;
  });
  const me = turns.push(0) - 1;
  const restless = spawn(() => {
    for (let turn = 0; ; turn++) {
      const mine = { turn };
      sleep(turn % 3);
      if (mine.turn === turn) turns[me] = turn; // else it has lost what it held while it was parked
    }
  });
  parked.daemon = restless.daemon = true;
  await run(() => {
    // Those of the file before, too.
    const before = [...turns];
    while (turns.some((turn, i) => turn <= before[i] + 5)) sleep(1);
    collect();
  });
  console.log("files whose greenlets go on: " + turns.length);
});
`;

/** The second file says so. */
const MET = "files whose greenlets go on: 2";

function runs(
  command: string,
  args: string[],
  options = "",
): { status: number | null; output: string } {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules", command), ...args],
    {
      cwd: folder,
      encoding: "utf8",
      timeout: 290_000,
      // Not what this run of vitest tells its own workers.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], NODE_OPTIONS: options, CI: "1" },
    },
  );
  return { status, output: `${signal ?? ""}${stdout}${stderr}` };
}

it("two files of tests under jest, in one process", () => {
  const { status, output } = runs(
    "jest/bin/jest.js",
    ["--runInBand", "--no-cache", "--forceExit"],
    "--experimental-vm-modules",
  );
  expect(output).toMatch(/^Tests: +8 passed, 8 total$/m);
  expect(output).toContain(MET);
  expect(status, output).toBe(0);
}, 300_000);

it("two files of tests under vitest, in one thread with a realm for each", () => {
  const { status, output } = runs("vitest/vitest.mjs", [
    "run",
    "--pool=vmThreads",
    "--maxWorkers=1",
    "--no-color",
  ]);
  expect(output).toMatch(/^ +Tests +8 passed \(8\)$/m);
  expect(output).toContain(MET);
  expect(status, output).toBe(0);
}, 300_000);
