// The discovery of V8's state refuses to go on when a step has no hit, or more than one.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { loadBinding } from "../dist/binding.js";

const INDEX = fileURLToPath(new URL("../dist/index.js", import.meta.url));
const STEPS = [
  "thread id",
  "stack start",
  "try-catch",
  "try-catch link",
  "stack limit",
  "thread manager",
  "handle scope data",
  "handle scope implementer",
  "archive record",
  "thread-local top",
  "archived handle scope data",
  "archive size",
  "relocatable",
  "late interrupts",
  "shutdown list",
  "formatting a trace",
  "active stack",
  "stacks of WebAssembly",
];

/** Makes a step fail in a child process. @returns what it printed, and how it ended. */
function sabotage(
  step: string,
  env: Record<string, string> = {},
): { output: string; status: number | null } {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      "--input-type=module",
      "-e",
      `import { RawGreenlet } from ${JSON.stringify(INDEX)};
       try { new RawGreenlet(() => {}).switch(); console.log("it ran"); }
       catch (error) { console.log(error.code, error.message); }`,
    ],
    {
      encoding: "utf8",
      env: {
        ...process.env,
        GREENLIT_SWITCHER: "direct",
        GREENLIT_SWITCHER_SABOTAGE: step,
        ...env,
      },
    },
  );
  return { output: stdout + stderr, status };
}

const present = loadBinding().drivers().includes("direct");

describe.skipIf(!present)("the layout's discovery (of driver direct, on Linux)", () => {
  it.each(STEPS)("refuses when %s is not found", (step) => {
    const { output, status } = sabotage(step);
    expect(output).toContain("ERR_GREENLIT_UNSUPPORTED_PLATFORM");
    expect(output).toContain(`${step}: not found`);
    expect(output).toContain("driver direct");
    expect(status).toBe(0);
  });

  it.each(STEPS)("refuses when %s is found twice", (step) => {
    const { output, status } = sabotage(`${step}:twice`);
    expect(output).toContain(`${step}: 2 candidates`);
    expect(status).toBe(0);
  });

  // A worker's isolate may lie where an older one has ended, whose thread manager is still in
  // memory.
  it("tells the thread manager from what is left of another one", () => {
    expect(sabotage("thread manager:remains")).toEqual({ output: "it ran\n", status: 0 });
  });

  it("has no step but these", () => {
    const names = ["layout.cc", "unarchived_words.cc"].flatMap((file) => {
      const source = readFileSync(new URL(`../native/v8/${file}`, import.meta.url), "utf8");
      const step = /(?:(?:Exactly1|AtMost1|FindThreadManager|FindInCall)\(\s*|k\w+ = )"([^"]+)"/g;
      return [...source.matchAll(step)].map(([, name]) => name);
    });
    expect([...new Set(names)].sort()).toEqual([...STEPS].sort());
  });

  it("refuses to switch where the processor has a shadow stack, and threads do not", () => {
    expect(sabotage("shadow stack").output).toContain("shadow stack: the processor checks returns");
    expect(sabotage("shadow stack", { GREENLIT_SWITCHER: "locker" }).output).toContain(
      "shadow stack",
    );
    const { output } = sabotage("shadow stack", { GREENLIT_SWITCHER: "auto" });
    expect(output).toMatch(/it ran\n[^]*the slower driver thread/);
  });

  it.each(["promotion", "collection callbacks"])(
    "visits every stack in scavenges where %s cannot be relied on",
    (step) => {
      const resting = `import { report } from ${JSON.stringify(INDEX)};
        console.log(report().skipsResting);`;
      const run = (env: Record<string, string>): string =>
        spawnSync(process.execPath, ["--input-type=module", "-e", resting], {
          encoding: "utf8",
          env: { ...process.env, GREENLIT_SWITCHER: "direct", ...env },
        }).stdout;
      expect(run({})).toBe("true\n");
      expect(run({ GREENLIT_SWITCHER_SABOTAGE: step })).toBe("false\n");
    },
  );

  it("refuses when the self-test fails", () => {
    expect(sabotage("self-test").output).toMatch(/ERR_GREENLIT_UNSUPPORTED_PLATFORM[^]*self-test/);
  });

  it("runs when nothing is made to fail", () => {
    expect(sabotage("").output).toBe("it ran\n");
  });

  it.each([
    ["GREENLIT_STACK_SIZE", "12"],
    ["GREENLIT_STACK_SIZE", "much"],
    ["GREENLIT_SWITCHER", "magic"],
  ])("refuses %s=%s with the value in the message", (name, value) => {
    const { output } = sabotage("", { [name]: value });
    expect(output).toContain(name);
    expect(output).toContain(value);
    expect(output).not.toContain("it ran");
  });
});
