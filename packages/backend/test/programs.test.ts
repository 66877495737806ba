import { expect, it } from "vitest";
import { programsIn, runProgram } from "@greenlit/testing/run-program";

const PROGRAMS = new URL("programs/", import.meta.url);

it.each(programsIn(PROGRAMS))("%s", async (name) => {
  const { passed, report } = await runProgram(new URL(name, PROGRAMS));
  expect(passed, report).toBe(true);
});
