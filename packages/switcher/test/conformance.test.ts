// One contract (native/drivers/driver.h), every driver of this platform.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadBinding } from "../dist/binding.js";
import { DRIVERS } from "../dist/index.js";
import { runProgram } from "@greenlit/testing/run-program";
import { CLAUSES } from "./support/driver-clauses.mjs";

const PROGRAM = new URL("programs/driver-contract.mjs", import.meta.url);
const clauses = Object.keys(CLAUSES);
const present = new Set<string>(loadBinding().drivers());

/** The functions of a driver, and how the clauses about each begin. */
const FUNCTIONS: Record<string, string> = {
  "~Driver": "close: ",
  Create: "create: ",
  Transfer: "transfer: ",
  Finish: "main: ",
  Release: "release: ",
  Stats: "stats: ",
};

it("every function of a driver has a clause", () => {
  const header = readFileSync(new URL("../native/drivers/driver.h", import.meta.url), "utf8");
  const functions = [...header.matchAll(/^  virtual .*?(~?\w+)\(/gm)].map(([, name]) => name);
  expect(functions).toEqual(Object.keys(FUNCTIONS));
  for (const about of Object.values(FUNCTIONS)) {
    expect(clauses.filter((clause) => clause.startsWith(about))).not.toEqual([]);
  }
});

it("the contract has its clauses", () => expect(clauses.length).toBeGreaterThanOrEqual(15));

it("a clause that is not in the contract does not pass", async () => {
  const { passed, report } = await runProgram(PROGRAM, { args: ["no such clause"] });
  expect(passed, report).toBe(false);
});

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
