import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PatchReport } from "../dist/doctor-patched.js";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "greenlit-doctor-"));
  const packages = {
    keeper: `exports.read = require("fs").readFileSync; console.log("loud");`,
    wrapper: `const fs = require("fs"); const { statSync } = fs;
      fs.statSync = (...args) => statSync(...args); setInterval(() => {}, 1000);`,
  };
  for (const [name, code] of Object.entries(packages)) {
    mkdirSync(join(folder, "node_modules", name), { recursive: true });
    writeFileSync(join(folder, "node_modules", name, "index.js"), code);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

const doctor = (...args: string[]): { status: number | null; stdout: string } =>
  spawnSync(process.execPath, [CLI, "doctor", ...args], { cwd: folder, encoding: "utf8" });

it("doctor --patched lists what is replaced and added, and by whom", () => {
  const { status, stdout } = doctor("--patched");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^replaced by the patch: \d+$[^]*^ +fs .*\breadFileSync\b/m);
  expect(stdout).toMatch(/^added by the patch: \d+$[^]*^ +net .*\bconnectSync\b/m);
  expect(stdout).not.toMatch(/^(wrapped|kept|problem)/m);
});

it("doctor --patched tells what packages wrap and keep", () => {
  const { status, stdout } = doctor("--patched", "keeper", "wrapper");
  expect(status).toBe(0);
  expect(stdout).toMatch(/^wrapped +by wrapper, loaded after the patch: fs\.statSync$/m);
  expect(stdout).toMatch(/^kept +by keeper, if loaded before the patch; these block: read$/m);
});

it("doctor --patched tells programs, and what it could not load", () => {
  const { status, stdout } = doctor("--patched", "--json", "keeper", "missing");
  expect(status).toBe(1);
  const report = JSON.parse(stdout) as PatchReport;
  expect(report.kept).toEqual([{ owner: "keeper", names: ["read"] }]);
  expect(report.problems).toEqual([expect.stringMatching(/^missing cannot be loaded: /)]);
  const row = { how: "replaced", by: "patch", wrapped: false };
  expect(report.patched).toContainEqual({ module: "fs", name: "readFileSync", ...row });
});

it("doctor takes packages only with --patched", () => {
  expect(doctor("keeper").status).toBe(2);
});
