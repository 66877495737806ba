// Which driver is taken, and what is said of those that are not.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadBinding } from "../dist/binding.js";

const INDEX = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const all = loadBinding().drivers().length === 3;

interface Outcome {
  driver?: string;
  refused?: { driver: string; reason: string }[];
  error?: string;
  message?: string;
  warnings: string;
  /** How often the warning was given, a worker's included. */
  told: number;
}

/** Opens the switcher in a child, and in a worker of that; what became of it. */
function choose(sabotage: string, driver = "auto"): Outcome {
  const program = `
    import { Worker } from "node:worker_threads";
    import { RawGreenlet, report } from ${JSON.stringify(INDEX)};
    try {
      new RawGreenlet(() => {}).switch();
      const { driver, refused } = report();
      console.log(JSON.stringify({ driver, refused }));
      const worker = "import(" + JSON.stringify(${JSON.stringify(INDEX)}) + ").then(({ open }) => open())";
      new Worker(worker, { eval: true });
    } catch (error) {
      console.log(JSON.stringify({ error: error.code, message: error.message }));
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
      { driver: "direct", reason: expect.stringContaining(step.replace(/:twice|direct /, "")) },
    ]);
    expect(told, warnings).toBe(1);
    expect(warnings).toContain(`driver direct: ${refused?.[0]?.reason}`);
  });

  it.each(["thread id", "thread id:twice", "stack start", "shutdown list"])(
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

  it("none is taken when all fail their self-test, and the error names each with its reason", () => {
    const { error, message, told } = choose("self-test");
    expect(error).toBe("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
    for (const driver of ["direct", "locker", "thread"]) {
      expect(message).toContain(`driver ${driver}: the self-test "sabotage" failed: as asked`);
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

  it.each(["late interrupts", "late interrupts:twice"])("locker refuses without %s", (step) => {
    const { error, message } = choose(step, "locker");
    expect(error).toBe("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
    expect(message).toContain("late interrupts: ");
    expect(choose(step)).toMatchObject({ driver: "direct", told: 0 });
  });
});
