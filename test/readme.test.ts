// The README tells the truth: its program is the example that runs, with the output it prints.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { examples, ROOT } from "./support/examples.js";

const readme = readFileSync(`${ROOT}README.md`, "utf8");
const blocks = examples(readme);

it("shows the example as it is", () => {
  const example = readFileSync(`${ROOT}examples/three-files-three-pages.mjs`, "utf8");
  expect(blocks.find(({ language }) => language === "js")?.code).toBe(example);
});

it("shows what it prints", () => {
  const output = execFileSync(
    process.execPath,
    ["packages/greenlit/dist/cli.js", "run", "examples/three-files-three-pages.mjs"],
    { cwd: ROOT, encoding: "utf8" },
  );
  // Files and pages end in any order among themselves.
  const sorted = (text: string): string[] => text.trimEnd().split("\n").toSorted();
  const shown = blocks.find(({ output }) => output?.includes("3 pages and 3 files"))?.output ?? "";
  const numbers = (lines: string[]): string[] =>
    lines.map((line) =>
      line.replace(/^(\w+\.json|LICENSE): \d+/, "$1: n").replace(/in \d+ ms/, "in n ms"),
    );
  expect(numbers(sorted(output))).toEqual(numbers(sorted(shown)));
});
