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

// Most programs end before greenlets hand over to each other.
it.each([
  "async-hooks.mjs",
  "debugger.mjs",
  "domains.mjs",
  "exits.mjs",
  "microtasks-held.mjs",
  "native-callbacks.mjs",
  "nested-scopes.mjs",
  "random-scopes.mjs",
  "two-copies.mjs",
  "workers.mjs",
])(
  "%s, handing over from the start",
  async (name) => {
    const { passed, report } = await runProgram(new URL(name, PROGRAMS), {
      timeLimit: 170_000,
      env: { GREENLIT_HAND_OVER: "0" },
    });
    expect(passed, report).toBe(true);
  },
  180_000,
);
