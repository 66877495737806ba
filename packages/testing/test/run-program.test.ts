import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { programsIn, runProgram } from "../src/run-program.js";

const PROGRAMS = new URL("programs/", import.meta.url);
const PASSES = new URL("passes.mjs", PROGRAMS);
const folder = mkdtempSync(join(tmpdir(), "greenlit-testing-"));
afterAll(() => rmSync(folder, { recursive: true }));

function program(code: string): string {
  const path = join(folder, "program.mjs");
  writeFileSync(path, code);
  return path;
}

describe("runProgram", () => {
  it("passes on flags, arguments, environment and scale, and tells what was printed", async () => {
    const run = await runProgram(PASSES, {
      flags: ["--no-opt"],
      args: ["one", "two"],
      env: { MINE: "mine" },
      scale: 0.5,
    });
    expect(run.report).toMatch(/^passes\.mjs --no-opt one two: exit code 0\n/);
    expect(run).toMatchObject({ passed: true, code: 0, signal: null, stderr: "" });
    expect(run.stdout).toContain("scaled 500 4 mine one,two\n");
    expect(run.leftOut).toEqual(["left out: that: no reason"]);
    expect(run.seconds).toBeGreaterThan(0);
  });

  it.each([
    ["does not print pass last", "console.log('pass'); console.log('more');", "exit code 0"],
    ["exits with another code", "console.log('pass'); process.exitCode = 4;", "exit code 4"],
    ["prints it to stderr", "console.error('pass');", "exit code 0"],
    ["throws", "throw new Error('told in the report');", "exit code 1"],
  ])("does not pass a program that %s", async (_what, code, ended) => {
    const { passed, report } = await runProgram(program(code));
    expect(passed).toBe(false);
    expect(report).toMatch(`program.mjs: ${ended}\n`);
    if (code.includes("told")) expect(report).toContain("told in the report");
  });

  it("kills one that takes too long", async () => {
    const path = program("setInterval(() => {}, 1000);");
    const { passed, signal, code } = await runProgram(path, { timeLimit: 500 });
    expect([passed, code, signal]).toEqual([false, null, "SIGKILL"]);
  });

  it("sends its output where it is told", async () => {
    const file = join(folder, "output");
    const fd = openSync(file, "w");
    const { stdout, code } = await runProgram(program("console.log('hello');"), { stdout: fd });
    closeSync(fd);
    expect([stdout, code, readFileSync(file, "utf8")]).toEqual(["", 0, "hello\n"]);
  });

  it("rejects when there is no such Node", async () => {
    await expect(runProgram(PASSES, { node: join(folder, "node") })).rejects.toThrow("ENOENT");
  });
});

it("programsIn gives the programs of a folder", () => {
  expect(programsIn(PROGRAMS)).toEqual(["passes.mjs"]);
});
