import { expect, it } from "vitest";
import { runProgram } from "@greenlit/testing/run-program";

// What comes of a failure nobody asked for shows only in how a process ends.
it("follows --unhandled-rejections", async () => {
  const { passed, report } = await runProgram(
    new URL("../programs/unobserved.mjs", import.meta.url),
  );
  expect(passed, report).toBe(true);
}, 310_000);
