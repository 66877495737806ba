import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { program } from "./program.js";

it("require is atomic in greenlets, and works outside", () => {
  expect(program("atomic-require.cjs")).toEqual({ code: 0, out: "pass\n", err: "" });
});

it("the main module may block in its top level", () => {
  expect(program("main-in-greenlet.mjs")).toEqual({ code: 0, out: "pass\n", err: "" });
});

it("every way of importing a module sees the patch", () => {
  expect(program("imports.mjs")).toEqual({ code: 0, out: "switched,done\n", err: "" });
});

it("console.log to a file does not switch", () => {
  const folder = mkdtempSync(join(tmpdir(), "greenlit-monkey-"));
  try {
    const path = join(folder, "out");
    const fd = openSync(path, "w");
    const { code, err } = program("log-and-exit.mjs", { stdio: ["ignore", fd, "pipe"] });
    closeSync(fd);
    expect([code, err]).toEqual([3, ""]);
    expect(readFileSync(path, "utf8")).toBe("first\nlast\n");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
