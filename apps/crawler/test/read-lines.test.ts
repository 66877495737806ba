import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { OutputError } from "../src/output.js";
import { type LinesOptions, readLines } from "../src/read-lines.js";
import { temporaryFolder } from "./folder.js";

async function linesOf(text: string, options?: LinesOptions): Promise<string[]> {
  const file = join(temporaryFolder(), "list");
  writeFileSync(file, text);
  return run(() => [...readLines(file, options)]);
}

it("gives whole lines, whatever is read at once", async () => {
  // Longer than that, with characters across its borders.
  const lines = Array.from({ length: 3_000 }, (_, i) => `${i} ${"ü€".repeat(i % 100)}`);
  expect(await linesOf(`${lines.join("\n")}\n`)).toEqual(lines);
  expect(await linesOf("a\n\nb")).toEqual(["a", "", "b"]);
  expect(await linesOf("a\nbcd\n", { length: 3 })).toEqual(["a", "b"]);
  expect(await linesOf("")).toEqual([]);
});

it("says what it cannot read", async () => {
  await expect(run(() => [...readLines("/nonexistent")])).rejects.toThrow(OutputError);
  await expect(run(() => [...readLines("/")])).rejects.toThrow("/ cannot be read: EISDIR");
  const long = "x".repeat(1_000_000);
  await expect(linesOf(`a\n${long}`, { longest: 1_000 })).rejects.toThrow("it is no list");
  expect(await linesOf(long)).toEqual([long]);
});

it("reads a pipe", async () => {
  const pipe = join(temporaryFolder(), "pipe");
  execFileSync("mkfifo", [pipe]);
  const lines = Array.from({ length: 50_000 }, (_, i) => `line ${i}`);
  const writing = writeFile(pipe, `${lines.join("\n")}\n`);
  expect(await run(() => [...readLines(pipe)])).toEqual(lines);
  await writing;
});

it("reads standard input", () => {
  const source = fileURLToPath(new URL("../dist/read-lines.js", import.meta.url));
  const program = `
    import { run } from "greenlit";
    import { readLines } from ${JSON.stringify(source)};
    console.log(JSON.stringify(await run(() => [...readLines("-")])));`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", program], {
    input: "a\nb",
    encoding: "utf8",
    cwd: fileURLToPath(new URL("..", import.meta.url)),
  });
  expect(JSON.parse(out)).toEqual(["a", "b"]);
});
