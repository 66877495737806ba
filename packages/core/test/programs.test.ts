import { expect, it } from "vitest";
import { programsIn, runProgram } from "@greenlit/testing/run-program";

const PROGRAMS = new URL("programs/", import.meta.url);

// These two have tests of their own.
const others = programsIn(PROGRAMS).filter(
  (name) => name !== "deadlock.mjs" && name !== "unobserved.mjs",
);

const TIME_LIMIT = 290_000;

const passes =
  (env: Record<string, string> = {}) =>
  async (name: string): Promise<void> => {
    const { passed, report } = await runProgram(new URL(name, PROGRAMS), {
      timeLimit: TIME_LIMIT,
      env,
    });
    expect(passed, report).toBe(true);
  };

it.each(others)("%s", passes(), TIME_LIMIT + 10_000);

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
])("%s, handing over from the start", passes({ GREENLIT_HAND_OVER: "0" }), TIME_LIMIT + 10_000);
