import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { readJournal } from "../src/journal.js";
import { OutputError } from "../src/output.js";
import { temporaryFolder } from "./folder.js";

it("reads line by line what was committed, and nothing beyond it", async () => {
  const file = join(temporaryFolder(), "a.jsonl");
  // Longer than what is read at once, with characters across its borders.
  const values = Array.from({ length: 3_000 }, (_, i) => ({ i, text: "ü€".repeat(i % 100) }));
  const text = values.map((value) => `${JSON.stringify(value)}\n`).join("");
  writeFileSync(file, `${text}{"torn`);
  await run(() => {
    expect([...readJournal(file, Buffer.byteLength(text))]).toEqual(values);
    expect([...readJournal(file, 0)]).toEqual([]);
    for (const value of readJournal(file, 1_000)) {
      expect(value).toEqual(values[0]);
      break; // closes the file
    }
  });
});

it("says which line is none", async () => {
  const folder = temporaryFolder();
  const file = join(folder, "a.jsonl");
  writeFileSync(file, "1\n2 3\n");
  await run(() => {
    expect(() => [...readJournal(file, 6)]).toThrow(`${file}, line 2 is not JSON`);
    expect(() => [...readJournal(join(folder, "none"), 6)]).toThrow(OutputError);
  });
});
