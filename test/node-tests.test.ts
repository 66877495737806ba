// The runner of Node's own tests, on a folder of tests of our own: what passes, fails, hangs, and
// awaits at the top level, plain and under the patch.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const folder = mkdtempSync(join(tmpdir(), "greenlit-conformance-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What only the patch adds. */
const PATCHED = "'setTimeoutSync' in require('timers')";
const TESTS = {
  "test-fs-passes.js": "require('fs').statSync('.'); require('fs').writeFileSync('left-here', '')",
  "test-fs-awaits.mjs": "import fs from 'fs'; await null; fs.statSync('.'); await null;",
  "test-fs-flags.js": "// Flags: --expose-gc --no-warnings\nglobalThis.gc();",
  "test-fs-fails.js": "process.exit(3)",
  "test-fs-skips.js": "console.log('1..0 # Skipped: not here'); process.exit(0)",
  "test-fsx-other.js": "process.exit(4)",
  "test-net-differs.js": `if (${PATCHED}) throw new Error('it is patched');`,
  "test-net-dies.js": `if (${PATCHED}) process.kill(process.pid, 'SIGKILL');`,
  "test-dns-hangs.js": "setInterval(() => {}, 1e6); require('child_process').spawn('sleep', [600])",
};
mkdirSync(join(folder, "parallel"));
for (const [name, text] of Object.entries(TESTS)) {
  writeFileSync(join(folder, "parallel", name), text);
}

function conformance(...args: string[]): { status: number | null; rows: string[][]; all: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "conformance/run.mjs"), ...args],
    { encoding: "utf8", env: { ...process.env, GREENLIT_NODE_TESTS: "", NODE_OPTIONS: "" } },
  );
  const rows = stdout.split("\n").map((line) => line.split(/ +/));
  return { status, rows, all: stdout + stderr };
}

const tests = ["--tests", folder];

it("passes when all that passes plain passes under the patch", () => {
  const { status, rows, all } = conformance(...tests, "--prefix", "fs");
  expect(status, all).toBe(0);
  expect(rows).toContainEqual(["fs", "5", "3", "3", "0", "0"]);
  expect(existsSync("left-here")).toBe(false);
});

it("fails when the patch makes a difference, and tells which", () => {
  const json = join(folder, "result.json");
  const { status, rows, all } = conformance(
    ...[...tests, "--prefix", "net,fs-passes", "--json", json, "--verbose"],
  );
  expect(status, all).toBe(1);
  expect(rows).toContainEqual(["net", "2", "2", "0", "0", "2"]);
  expect(rows).toContainEqual(["all", "3", "3", "1", "0", "2"]);
  expect(all).toContain("FAILED: net-differs (exit code 1)");
  expect(all).toContain("FAILED: net-dies (SIGKILL)");
  expect(all).toContain("Error: it is patched");
  const { compared } = JSON.parse(readFileSync(json, "utf8")) as { compared: { name: string }[] };
  expect(compared.map(({ name }) => name)).toEqual(["fs-passes", "net-dies", "net-differs"]);
});

it("ends what hangs, with all that it has started", () => {
  const { status, rows, all } = conformance(...tests, "--prefix", "dns", "--limit", "1");
  expect(status, all).toBe(0);
  expect(rows).toContainEqual(["dns", "1", "0", "0", "0", "0"]);
});

it("refuses what it cannot do", () => {
  expect(conformance()).toMatchObject({ status: 2 });
  expect(conformance(...tests, "--prefix", "nothing")).toMatchObject({ status: 2 });
  expect(conformance(...tests, "--driver", "car")).toMatchObject({ status: 2 });
});

it("runs on the driver that it is told", () => {
  writeFileSync(
    join(folder, "parallel/test-driver-name.js"),
    `if (${PATCHED} && process.env.GREENLIT_SWITCHER !== "locker") throw new Error("another");`,
  );
  const { status, all } = conformance(...tests, "--prefix", "driver", "--driver", "locker");
  expect(status, all).toBe(0);
  expect(all).toContain("driver locker");
});
