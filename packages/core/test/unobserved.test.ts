import { expect, it } from "vitest";
import { runProgram } from "./support/run-program.js";

// What comes of a failure nobody asked for shows only in how a process ends.
it("follows --unhandled-rejections", async () => {
  expect(await runProgram("unobserved.mjs")).toBe("pass");
}, 60_000);
