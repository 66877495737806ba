// On systems other than Linux the addon has one driver, `thread`, and includes nothing of Linux.
// Here that addon is built, on any system, and must keep the contract.
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runProgram } from "@greenlit/testing/run-program";

const NATIVE = fileURLToPath(new URL("../native/", import.meta.url));
const SOURCES = [
  "binding.cc",
  "drivers/drivers.cc",
  "drivers/drivers_portable.cc",
  "drivers/thread_driver.cc",
  "tools/interrupter.cc",
  "tools/monitor.cc",
  "tools/sampler.cc",
  "v8/flags.cc",
  "v8/late_interrupts.cc",
  "v8/unknown_layout.cc",
];
const HEADERS = join(dirname(dirname(process.execPath)), "include/node");
const compiler = process.env.CXX ?? "g++";

/** All files that a file includes, directly or through others: our own, and the system's. */
function includes(file: string, seen = new Set<string>()): Set<string> {
  for (const [, own, system] of readFileSync(NATIVE + file, "utf8").matchAll(
    /^#include (?:"(.+)"|<(.+)>)$/gm,
  )) {
    if (system !== undefined) seen.add(`<${system}>`);
    if (own === undefined || seen.has(own)) continue;
    seen.add(own);
    includes(own, seen);
  }
  return seen;
}

describe("the driver thread", () => {
  it("includes only what V8, Node, libuv and C++ have on every platform", () => {
    const all = SOURCES.flatMap((file) => [...includes(file)]);
    expect(all).toContain("v8/archived_thread.h");
    const foreign = all.filter(
      (name) => name.startsWith("<") && !/^<(uv\.h|node\.h|v8(-\w+)*\.h|[a-z_0-9]+)>$/.test(name),
    );
    expect(foreign).toEqual([]);
    expect(all).not.toContain("v8/layout.h");
    expect(all).not.toContain("machine/stack_memory.h");
  });

  const missing = existsSync(join(HEADERS, "node.h")) ? "" : ` (needs ${HEADERS})`;
  describe.skipIf(missing !== "" || process.platform === "win32")(
    `built without anything else${missing}`,
    () => {
      const folder = mkdtempSync(join(tmpdir(), "greenlit-portable-"));
      const env = { "@GREENLIT/SWITCHER_PREBUILD": folder, GREENLIT_SWITCHER: "auto" };
      afterAll(() => rmSync(folder, { recursive: true }));
      beforeAll(async () => {
        mkdirSync(join(folder, "build/Release"), { recursive: true });
        await promisify(execFile)(compiler, [
          ...["-std=c++20", "-O1", "-fPIC", "-shared", "-fno-rtti", "-fno-exceptions"],
          ...(process.platform === "darwin" ? ["-undefined", "dynamic_lookup"] : []),
          ...[
            "-DNODE_GYP_MODULE_NAME=greenlit_switcher",
            "-DV8_DEPRECATION_WARNINGS",
            `-I${HEADERS}`,
            `-I${NATIVE}`,
          ],
          ...SOURCES.map((file) => NATIVE + file),
          ...["-o", join(folder, "build/Release/greenlit_switcher.node")],
        ]);
      }, 300_000);

      it.concurrent.each([
        "driver-contract.mjs",
        "gc-parked.mjs",
        "switch-in-shared-state.mjs",
        "worker-terminate-running.mjs",
        "workers.mjs",
      ])(
        "%s",
        async (name) => {
          const { passed, report, leftOut } = await runProgram(
            new URL(`programs/${name}`, import.meta.url),
            { env, scale: 0.1 },
          );
          for (const line of leftOut) console.info(`${name}: ${line}`);
          expect(passed, report).toBe(true);
        },
        310_000,
      );
    },
  );
});
