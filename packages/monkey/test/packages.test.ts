import { runProgram } from "@greenlit/testing/run-program";
import { expect, it } from "vitest";

it.each(["fs-extra", "execa", "cross-spawn", "glob", "rimraf", "write-file-atomic"])(
  "%s becomes concurrent",
  async (name) => {
    const program = new URL("programs/packages.mjs", import.meta.url);
    const { passed, report } = await runProgram(program, { args: [name], timeLimit: 50_000 });
    expect(passed, report).toBe(true);
  },
);
