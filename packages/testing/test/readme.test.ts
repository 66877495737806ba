import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const folder = fileURLToPath(new URL("..", import.meta.url));

it("README.md has an example that prints what it says", () => {
  const readme = readFileSync(`${folder}README.md`, "utf8");
  const [, code = "", output = ""] =
    /```js\n(.*?)```\n\n```text\n(.*?)```/s.exec(readme) ?? expect.fail("no example");
  // Below the package, so that its imports are found; in a folder of its own for the files it
  // writes.
  const place = mkdtempSync(`${folder}test/readme-`);
  try {
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--input-type=module", "--eval", code],
      { cwd: place, encoding: "utf8", timeout: 100_000 },
    );
    expect({ stdout, stderr }).toEqual({ stdout: output, stderr: "" });
  } finally {
    rmSync(place, { recursive: true });
  }
});
