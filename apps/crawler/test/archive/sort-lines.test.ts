import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { sortLines } from "../../src/archive/sort-lines.js";
import { temporaryFolder } from "../folder.js";

const lines = Array.from(
  { length: 20_000 },
  (_, i) => `${(i * 7919) % 20_011} ${"x".repeat(i % 90)}`,
);

describe("sortLines", () => {
  it.each([1_000, 100_000, 1e9])("sorts the same with %d characters in memory", (inMemory) => {
    const folder = temporaryFolder();
    const sorted = [...sortLines(lines, folder, inMemory)];
    expect(sorted).toEqual([...lines].sort());
    expect(readdirSync(folder)).toEqual([]);
  });

  it("keeps equal lines, and empty ones", () => {
    const folder = temporaryFolder();
    expect([...sortLines(["b", "", "a", "b", "", "A"], folder, 3)]).toEqual([
      "",
      "",
      "A",
      "a",
      "b",
      "b",
    ]);
    expect([...sortLines([], folder)]).toEqual([]);
  });

  it("leaves no file open when it is left early", () => {
    const open = (): number => readdirSync("/proc/self/fd").length;
    const before = open();
    const long = lines.map((line) => line.padEnd(100));
    for (const line of sortLines(long, temporaryFolder(), 500_000)) if (line !== "") break;
    expect(open()).toBe(before);
  });
});
