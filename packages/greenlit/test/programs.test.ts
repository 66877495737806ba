import { expect, it } from "vitest";
import { programsIn, runProgram } from "@greenlit/testing/run-program";

const PROGRAMS = new URL("programs/", import.meta.url);
const TIME_LIMIT = 290_000;

it.each(programsIn(PROGRAMS))(
  "%s",
  async (name) => {
    const { passed, report } = await runProgram(new URL(name, PROGRAMS), { timeLimit: TIME_LIMIT });
    expect(passed, report).toBe(true);
  },
  TIME_LIMIT + 10_000,
);
