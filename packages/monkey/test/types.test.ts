import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

it("importing the package types what it adds to Node's modules", () => {
  // A compilation of its own: in that of the tests, the sources would declare it already.
  const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
  const project = fileURLToPath(new URL("types", import.meta.url));
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(dirname(typescript), "bin/tsc"), "-p", project],
    { encoding: "utf8" },
  );
  expect([status, stdout]).toEqual([0, ""]);
});
