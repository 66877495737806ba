import { fileURLToPath } from "node:url";
import { runProgram } from "@greenlit/testing/run-program";
import { expect, it } from "vitest";

it("when the first greenlet ends, the code where others are parked stays valid", async () => {
  const path = fileURLToPath(new URL("support/first-ends.mjs", import.meta.url));
  const { passed, stdout, report } = await runProgram(path, { flags: ["--trace-deopt"] });
  expect(passed, report).toBe(true);
  // Its own function, with those of the switcher that are compiled into it.
  const invalid =
    /^\[marking dependent code .*<SharedFunctionInfo (?:live|switch|go|resolve)>.*$/gm;
  expect(stdout.match(invalid) ?? []).toEqual([]);
});
