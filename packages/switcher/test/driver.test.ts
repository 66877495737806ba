// Which driver is chosen, and what is said about those that are not.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadBinding } from "../dist/binding.js";

const INDEX = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const all = loadBinding().drivers().length === 3;

interface Outcome {
  driver?: string;
  refused?: { driver: string; reason: string; selfTest: { name: string; ok: boolean }[] }[];
  error?: string;
  message?: string;
  warnings: string;
  /** How often the warning was given, also by a worker. */
  told: number;
}

/** Opens the switcher in a child and in a worker of the child. @returns what came of it. */
function choose(sabotage: string, driver = "auto"): Outcome {
  const program = `
    import { Worker } from "node:worker_threads";
    import { RawGreenlet, report } from ${JSON.stringify(INDEX)};
    try {
      new RawGreenlet(() => {}).switch();
      const { driver, refused } = report();
      console.log(JSON.stringify({ driver, refused }));
      const index = JSON.stringify(${JSON.stringify(INDEX)});
      const worker = "import(" + index + ").then(({ open }) => open())";
      new Worker(worker, { eval: true });
    } catch (error) {
      const { code, message, refused } = error;
      console.log(JSON.stringify({ error: code, message, refused }));
    }`;
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ["--input-type=module", "-e", program],
    {
      encoding: "utf8",
      env: { ...process.env, GREENLIT_SWITCHER: driver, GREENLIT_SWITCHER_SABOTAGE: sabotage },
    },
  );
  expect(status, stderr).toBe(0);
  const told = stderr.split("GREENLIT_DRIVER_FALLBACK").length - 1;
  return { ...(JSON.parse(stdout) as Partial<Outcome>), warnings: stderr, told };
}

describe.skipIf(!all)("the drivers (needs Linux x64, which has all three)", () => {
  it("direct is taken when all is well, and nothing is said", () => {
    expect(choose("")).toMatchObject({ driver: "direct", refused: [], told: 0, warnings: "" });
  });

  it.each([
    "stack limit",
    "thread manager:twice",
    "handle scope data",
    "handle scope implementer",
    "archive record",
    "thread-local top:twice",
    "archived handle scope data",
    "relocatable",
    "direct self-test",
  ])("locker is taken when direct fails at its %s, and that is said once", (step) => {
    const { driver, refused, told, warnings } = choose(step);
    expect(driver).toBe("locker");
    expect(refused).toEqual([
      {
        driver: "direct",
        reason: expect.stringContaining(step.replace(/:twice|direct /, "")),
        // The steps before the one that failed. A driver whose layout is not found is not tested.
        selfTest: step.endsWith("self-test") ? expect.any(Array) : [],
      },
    ]);
    expect(told, warnings).toBe(1);
    expect(warnings).toContain(`driver direct: ${refused?.[0]?.reason}`);
  });

  it.each(["thread id", "thread id:twice", "stack start"])(
    "thread is taken when neither finds the %s",
    (step) => {
      const { driver, refused, told } = choose(step);
      expect(driver).toBe("thread");
      expect(refused?.map((one) => one.driver)).toEqual(["direct", "locker"]);
      expect(refused?.every(({ reason }) => reason.includes(step.replace(":twice", "")))).toBe(
        true,
      );
      expect(told).toBe(1);
    },
  );

  it.each(["try-catch", "shutdown list", "formatting a trace", "active stack:twice"])(
    "none is taken where stacks would share what each must have of its own: the %s",
    (step) => {
      const { error, message } = choose(step);
      expect(error).toBe("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
      for (const driver of ["direct", "locker", "thread"]) {
        expect(message).toMatch(new RegExp(`driver ${driver}: .*${step.replace(":twice", "")}`));
      }
    },
  );

  it("none is taken when all fail their self-test; the error names each with its reason", () => {
    const { error, message, refused, told } = choose("self-test");
    expect(error).toBe("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
    for (const driver of ["direct", "locker", "thread"]) {
      expect(message).toContain(`driver ${driver}: the self-test "sabotage" failed: as asked`);
      const steps = refused?.find((one) => one.driver === driver)?.selfTest ?? [];
      expect(steps.length).toBeGreaterThan(3);
      expect(steps.filter(({ ok }) => !ok).map(({ name }) => name)).toEqual(["sabotage"]);
    }
    expect(told).toBe(0);
  });

  it.each(["direct", "locker", "thread"])("%s is taken when asked for, without a word", (name) => {
    expect(choose("", name)).toMatchObject({ driver: name, refused: [], told: 0, warnings: "" });
  });

  it("no other is taken when one is asked for", () => {
    const { error, message } = choose("thread id", "locker");
    expect(error).toBe("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
    expect(message).toContain(
      "driver locker: the layout of V8's thread state: thread id: not found",
    );
    expect(message).not.toContain("driver direct");
    expect(message).not.toContain("driver thread");
  });

  it.each(["late interrupts", "late interrupts:twice"])("only thread runs without %s", (step) => {
    for (const driver of ["direct", "locker"]) {
      const { error, message } = choose(step, driver);
      expect(error).toBe("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
      expect(message).toContain("late interrupts: ");
    }
    expect(choose(step)).toMatchObject({ driver: "thread", told: 1 });
  });
});
