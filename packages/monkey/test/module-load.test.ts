import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type ProgramRun, runProgram } from "@greenlit/testing/run-program";

const program = (name: string, stdout?: number): Promise<ProgramRun> =>
  runProgram(new URL(`programs/${name}`, import.meta.url), stdout === undefined ? {} : { stdout });

it("require is atomic in greenlets, and works outside", async () => {
  expect(await program("atomic-require.cjs")).toMatchObject({ passed: true, output: "pass\n" });
});

it("the main module may block in its top level", async () => {
  expect(await program("main-in-greenlet.mjs")).toMatchObject({ passed: true, output: "pass\n" });
});

it("every way of importing a module sees the patch", async () => {
  expect(await program("imports.mjs")).toMatchObject({ passed: true, output: "pass\n" });
});

it("what cannot be suspended blocks, as in Node", async () => {
  const { passed, report } = await program("where.mjs");
  expect(passed, report).toBe(true);
});

it("nothing is said of what is deprecated", async () => {
  const path = new URL("programs/imports.mjs", import.meta.url);
  const { passed, stderr } = await runProgram(path, { flags: ["--pending-deprecation"] });
  expect([passed, stderr]).toEqual([true, ""]);
});

it("under the permission model children are Node's own", async () => {
  const has = process.allowedNodeEnvironmentFlags.has("--permission");
  const allow = ["fs-read=*", "fs-write=*", "addons", "child-process", "worker"];
  const flags = [
    has ? "--permission" : "--experimental-permission",
    ...allow.map((one) => `--allow-${one}`),
  ];
  const path = new URL("programs/permission.mjs", import.meta.url);
  const { passed, report } = await runProgram(path, { flags });
  expect(passed, report).toBe(true);
});

it("what is frozen is left alone, with a warning", async () => {
  expect(await program("frozen.mjs")).toMatchObject({ passed: true, output: "pass\n" });
});

it.each(["before", "after"])("graceful-fs, loaded %s the patch, works", async (order) => {
  const path = new URL("programs/graceful-fs.cjs", import.meta.url);
  const { passed, report } = await runProgram(path, { args: [order] });
  expect(passed, report).toBe(true);
});

it("console.log to a file does not switch", async () => {
  const folder = mkdtempSync(join(tmpdir(), "greenlit-monkey-"));
  try {
    const path = join(folder, "out");
    const fd = openSync(path, "w");
    const { code, stderr } = await program("log-and-exit.mjs", fd);
    closeSync(fd);
    expect([code, stderr]).toEqual([3, ""]);
    expect(readFileSync(path, "utf8")).toBe("first\nlast\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
