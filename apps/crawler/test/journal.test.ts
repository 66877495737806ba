import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { readJournal } from "../src/journal.js";
import { temporaryFolder } from "./folder.js";

it("reads what was committed, and nothing beyond it", async () => {
  const file = join(temporaryFolder(), "a.jsonl");
  writeFileSync(file, '{"a":"ü"}\n[2]\n{"torn');
  await run(() => {
    expect([...readJournal(file, 15)]).toEqual([{ a: "ü" }, [2]]);
    expect([...readJournal(file, 0)]).toEqual([]);
  });
});

it("says which line is none", async () => {
  const file = join(temporaryFolder(), "a.jsonl");
  writeFileSync(file, "1\n2 3\n");
  await run(() => {
    expect(() => [...readJournal(file, 6)]).toThrow(`${file}, line 2 is not JSON`);
  });
});
