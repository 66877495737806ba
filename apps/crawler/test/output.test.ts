import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { OutputError, outputError, PAGE_COLUMNS, refuseExisting } from "../src/output.js";
import { temporaryFolder } from "./folder.js";
import { record } from "./record.js";

it("is not made of a file that is there already", async () => {
  const file = join(temporaryFolder(), "pages.jsonl");
  await run(() => refuseExisting(file));
  await run(() => refuseExisting("/dev/null"));
  writeFileSync(file, "");
  await expect(run(() => refuseExisting(file))).rejects.toThrow(
    `${file} is there already, and not of this crawl`,
  );
});

it("has a column for each field of a record", () => {
  expect([...PAGE_COLUMNS].sort()).toEqual(Object.keys(record()).sort());
});

it("says what cannot be written, and why, once", () => {
  const error = outputError("a.csv", new Error("disk full"));
  expect(error.message).toBe("a.csv cannot be written: disk full");
  expect(outputError("b.csv", error)).toBe(error);
  expect(outputError("", new Error("x"))).toBeInstanceOf(OutputError);
});
