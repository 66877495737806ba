import { expect, it } from "vitest";
import { runProgram } from "./support/run-program.js";

// A deadlock ends a process, so each is one.
it("is thrown into the main greenlet, or told with exit code 13", async () => {
  expect(await runProgram("deadlock.mjs")).toBe("pass");
}, 60_000);
