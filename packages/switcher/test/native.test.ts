import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const SCRIPT = fileURLToPath(new URL("native/run.sh", import.meta.url));
const compiler = process.env.CXX ?? "g++";
const found = spawnSync(compiler, ["--version"]).status === 0;
const here = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);

// The script says which sanitizers are not installed, and leaves them out.
it.skipIf(!found || !here)(
  `stacks and switches, alone, under sanitizers (needs Linux on x64 or arm64, and ${compiler})`,
  () => {
    const { status, stdout, stderr } = spawnSync(SCRIPT, { encoding: "utf8", timeout: 290_000 });
    expect(status, stdout + stderr).toBe(0);
    expect(stdout).toContain("passed plain");
  },
  300_000,
);

// Without the mark, the loader of a protected process would refuse the addon, or switch the
// protection off.
it.skipIf(!found || !here || process.arch !== "x64")(
  "the assembly is marked for shadow stacks and indirect branch tracking " +
    `(needs Linux x64, ${compiler} and readelf)`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "greenlit-assembly-"));
    const object = join(folder, "registers.o");
    const source = fileURLToPath(
      new URL("../native/machine/switch_registers_x64.S", import.meta.url),
    );
    execFileSync(compiler, ["-c", source, "-o", object]);
    expect(execFileSync("readelf", ["-n", object], { encoding: "utf8" })).toMatch(/IBT, SHSTK/);
    rmSync(folder, { recursive: true });
  },
);
