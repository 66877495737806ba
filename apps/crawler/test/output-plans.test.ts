import { readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { planOutputs, type OutputOptions } from "../src/output-plans.js";
import { temporaryFolder } from "./folder.js";

const namesOf = (options: OutputOptions): unknown =>
  Object.fromEntries(planOutputs(options).map((it) => [it.name, it.given ?? it.inFolder]));

it("has pages and items in the folder, and the rest when it is asked for", () => {
  expect(namesOf({})).toEqual({
    pages: "pages.jsonl",
    items: "items.jsonl",
    skipped: null,
    links: null,
    archive: null,
  });
  expect(namesOf({ output: "p", items: "i", skipped: "s" })).toEqual({
    pages: "p",
    items: "i",
    skipped: "s",
    links: null,
    archive: null,
  });
  expect(namesOf({ skipped: true, format: "csv" })).toEqual({
    pages: "pages.csv",
    items: "items.csv",
    skipped: "skipped.csv",
    links: null,
    archive: null,
  });
});

it.each([
  ["a.csv", undefined, "csv"],
  ["a.CSV", "jsonl", "csv"],
  ["a.jsonl", "csv", "jsonl"],
  ["a.txt", "csv", "csv"],
  ["a.csv.bak", undefined, "jsonl"],
] as const)("writes %s, format %s, as %s", async (name, format, expected) => {
  const file = join(temporaryFolder(), name);
  const [, , skipped] = planOutputs({ format });
  await run(() => {
    const output = skipped!.open(file, 0);
    output.write({ url: "http://a/", reason: "robots", referrer: null } as never);
    output.flush?.();
    output.close();
  });
  expect(readFileSync(file, "utf8")).toBe(
    expected === "csv"
      ? "url,reason,referrer,count\r\nhttp://a/,robots,,\r\n"
      : '{"url":"http://a/","reason":"robots","referrer":null}\n',
  );
});

it("wants to know the columns of items", async () => {
  const file = join(temporaryFolder(), "items.csv");
  const open = (options: OutputOptions): Promise<void> =>
    run(() => planOutputs(options)[1]!.open(file, 0).close());
  await expect(open({})).rejects.toThrow(
    `${file} would be CSV, whose columns must be known: name them (itemColumns), ` +
      "or give a name that ends in .jsonl",
  );
  await open({ itemColumns: ["a"] });
});
