import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
mkdirSync(join(root, ".cache"), { recursive: true });
const folder = mkdtempSync(join(root, ".cache/unsteady-"));
afterAll(() => rmSync(folder, { recursive: true }));

function runTests(source: string): { status: number | null; output: string } {
  const unsteady = join(root, "test/support/unsteady.ts");
  writeFileSync(
    join(folder, "vitest.config.ts"),
    `import { ONCE_MORE, UnsteadyReporter } from ${JSON.stringify(unsteady)};
     export default {
       test: { retry: ONCE_MORE, reporters: ["dot", new UnsteadyReporter()], testTimeout: 500 },
     };`,
  );
  writeFileSync(
    join(folder, "some.test.ts"),
    `import { expect, it } from "vitest";
     let times = 0;
     ${source}`,
  );
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "node_modules/vitest/vitest.mjs"), "run"],
    { cwd: folder, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" } },
  );
  return { status, output: stdout + stderr };
}

it("tries again what fails once, and tells", () => {
  const { status, output } = runTests(`it("falters", () => expect(times++).toBe(1));
    it("is steady", () => expect(1).toBe(1));`);
  expect(output).toMatch(/UNSTEADY {2}passed only when tried again: 1\n +some\.test\.ts > falters/);
  expect(output).not.toContain("some.test.ts > is steady");
  expect(status).toBe(0);
});

it("fails what fails twice", () => {
  const { status, output } = runTests(`it("falters", () => expect(times++).toBe(2));`);
  expect(output).not.toContain("UNSTEADY");
  expect(status).toBe(1);
});

it.each([
  ["a crash", `() => { if (times++ === 0) throw new Error("gc.mjs: SIGSEGV"); }`],
  ["a hang", `() => times++ === 0 ? new Promise(() => {}) : undefined`],
])("does not try again after %s", (_, body) => {
  const { status, output } = runTests(`it("falters", ${body});`);
  expect(output).not.toContain("UNSTEADY");
  expect(status).toBe(1);
});
