import { runProgram } from "@greenlit/testing/run-program";
import { expect, it } from "vitest";

const PACKAGES = [
  "cosmiconfig",
  "cross-spawn",
  "execa",
  "fs-extra",
  "glob",
  "rimraf",
  "sass",
  "typescript",
  "write-file-atomic",
];

it.each(PACKAGES)("%s becomes concurrent", async (name) => {
  const program = new URL("programs/packages.mjs", import.meta.url);
  const { passed, report } = await runProgram(program, { args: [name], timeLimit: 110_000 });
  expect(passed, report).toBe(true);
});
