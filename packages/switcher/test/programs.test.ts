import { describe, expect, it } from "vitest";
import { loadBinding } from "../dist/binding.js";
import type { DriverName } from "../dist/index.js";
import { programsIn, runProgram } from "@greenlit/testing/run-program";

const PROGRAMS = new URL("programs/", import.meta.url);

// No flag, and two under which V8 checks itself hard. `npm run test:matrix` has all flags, on every
// Node. A scale below 1 makes the counts of the programs smaller where V8 gets slow
// (GREENLIT_TEST_SCALE).
const FLAGS: readonly (readonly [flag: string, scale: number])[] = [
  ["", 1],
  ["--stress-compaction", 0.2],
  ["--gc-interval=997", 0.2],
];

/** The flags under which each driver is tested, and its scale. */
const RUNS: Record<DriverName, { flags: typeof FLAGS; scale: number }> = {
  direct: { flags: FLAGS, scale: 1 },
  locker: { flags: FLAGS.slice(0, 1), scale: 1 },
  thread: { flags: FLAGS.slice(0, 1), scale: 0.1 },
};

const present = new Set(loadBinding().drivers());
const runs = Object.entries(RUNS).flatMap(([driver, { flags, scale }]) =>
  flags.map(([flag, slower]) => ({ driver: driver as DriverName, flag, scale: scale * slower })),
);

describe.each(runs)("programs $driver $flag", ({ driver, flag, scale }) => {
  it.skipIf(!present.has(driver)).concurrent.each(programsIn(PROGRAMS))(
    present.has(driver) ? "%s" : `%s (this platform has no driver ${driver})`,
    async (name) => {
      const { passed, report, leftOut } = await runProgram(new URL(name, PROGRAMS), {
        flags: flag === "" ? [] : [flag],
        env: { GREENLIT_SWITCHER: driver },
        scale,
      });
      for (const line of leftOut) console.info(`${name} ${driver} ${flag}: ${line}`);
      expect(passed, report).toBe(true);
    },
    310_000,
  );
});
