import { programsIn, runProgram } from "@greenlit/testing/run-program";
import { expect, it } from "vitest";

const PROGRAMS = new URL("programs/", import.meta.url);

it.each(programsIn(PROGRAMS))("%s", async (name) => {
  const { passed, report } = await runProgram(new URL(name, PROGRAMS));
  expect(passed, report).toBe(true);
});
