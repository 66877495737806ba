import { expect, it } from "vitest";
import { runProgram } from "@greenlit/testing/run-program";

// A deadlock ends a process, so each is one.
it("is thrown into the main greenlet, or told with exit code 13", async () => {
  const { passed, report } = await runProgram(new URL("../programs/deadlock.mjs", import.meta.url));
  expect(passed, report).toBe(true);
}, 310_000);
