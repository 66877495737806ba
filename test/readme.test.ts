// The README tells the truth: its program is the example that runs, with the output it prints.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(`${ROOT}README.md`, "utf8");
const blocks = [...readme.matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({
  language,
  text,
}));

it("shows the example as it is", () => {
  const example = readFileSync(`${ROOT}examples/three-files-three-pages.mjs`, "utf8");
  expect(blocks.find(({ language }) => language === "js")?.text).toBe(example);
});

it("shows what it prints", () => {
  const output = execFileSync(
    process.execPath,
    ["packages/greenlit/dist/cli.js", "run", "examples/three-files-three-pages.mjs"],
    { cwd: ROOT, encoding: "utf8" },
  );
  // Files and pages end in any order among themselves.
  const sorted = (text: string): string[] => text.trimEnd().split("\n").toSorted();
  const shown =
    blocks.find(
      ({ language, text }) => language === "text" && text?.includes("3 pages and 3 files"),
    )?.text ?? "";
  const numbers = (lines: string[]): string[] =>
    lines.map((line) =>
      line.replace(/^(\w+\.json|LICENSE): \d+/, "$1: n").replace(/in \d+ ms/, "in n ms"),
    );
  expect(numbers(sorted(output))).toEqual(numbers(sorted(shown)));
});
