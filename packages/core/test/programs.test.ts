import { expect, it } from "vitest";
import { programs, runProgram } from "./support/run-program.js";

// These two have tests of their own.
const others = programs().filter((name) => name !== "deadlock.mjs" && name !== "unobserved.mjs");

it.each(others)(
  "%s",
  async (name) => {
    expect(await runProgram(name)).toBe("pass");
  },
  180_000,
);
