// One contract (native/driver.h), every driver of this platform.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadBinding } from "../dist/binding.js";
import { DRIVERS } from "../dist/index.js";
import { runProgram } from "@greenlit/testing/run-program";

const PROGRAM = new URL("programs/driver-contract.mjs", import.meta.url);
const source = readFileSync(PROGRAM, "utf8");
const clauses = [...source.matchAll(/^  (?:async )?"([^"]+)"\(\) \{$/gm)].map(([, name]) => name!);
const present = new Set<string>(loadBinding().drivers());

it("the contract has its clauses", () => expect(clauses.length).toBeGreaterThanOrEqual(15));

describe.each(DRIVERS)("driver %s", (driver) => {
  it.skipIf(!present.has(driver)).concurrent.each(clauses)(
    present.has(driver) ? "%s" : `%s (this platform has no driver ${driver})`,
    async (clause) => {
      const { passed, report, leftOut } = await runProgram(PROGRAM, {
        env: { GREENLIT_SWITCHER: driver },
        args: [clause],
      });
      for (const line of leftOut) console.info(`driver ${driver}: ${line}`);
      expect(passed, report).toBe(true);
    },
  );
});
