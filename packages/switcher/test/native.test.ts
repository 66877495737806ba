import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("native/run.sh", import.meta.url));
const compiler = process.env.CXX ?? "g++";
const found = spawnSync(compiler, ["--version"]).status === 0;
const here = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

// The script itself names a sanitizer that is not installed.
it.skipIf(!found || !here)(
  `stacks and switches, alone, under sanitizers (needs Linux on x64 or arm64, and ${compiler})`,
  () => {
    const { status, stdout, stderr } = spawnSync(SCRIPT, { encoding: "utf8", timeout: 110_000 });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain("passed plain");
  },
  120_000,
);
