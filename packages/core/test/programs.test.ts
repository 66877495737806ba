import { expect, it } from "vitest";
import { programsIn, runProgram } from "@greenlit/testing/run-program";

const PROGRAMS = new URL("programs/", import.meta.url);

// These two have tests of their own.
const others = programsIn(PROGRAMS).filter(
  (name) => name !== "deadlock.mjs" && name !== "unobserved.mjs",
);

it.each(others)(
  "%s",
  async (name) => {
    const { passed, report } = await runProgram(new URL(name, PROGRAMS), { timeLimit: 170_000 });
    expect(passed, report).toBe(true);
  },
  180_000,
);
