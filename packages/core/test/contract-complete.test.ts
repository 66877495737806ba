// Tells who adds a method that blocks, and forgets its row in the table of blocking calls.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import * as core from "../src/index.js";

/** These only look at their options, or at who calls. */
const NEVER_BLOCK = ["Condition.notify", "Queue.shutdown"];

function textsBelow(folder: URL): string[] {
  const path = fileURLToPath(folder);
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => readFileSync(join(path, name), "utf8"));
}

/** A method of an exported class, by the name under which it tells of itself in errors. */
function isMethod(name: string): boolean {
  const [kind = "", method = ""] = name.split(".");
  const found: unknown = Reflect.get(core, kind);
  return typeof found === "function" && method in (found.prototype as object);
}

it("every method that blocks is in the table of blocking-calls.test.ts", () => {
  const literals = textsBelow(new URL("../src/", import.meta.url)).flatMap((text) =>
    [...text.matchAll(/"([A-Z]\w*\.\w+)"/g)].map(([, name]) => name as string),
  );
  const blocking = new Set(literals.filter(isMethod));
  expect(blocking.size).toBeGreaterThan(15);
  const table = textsBelow(new URL("./", import.meta.url)).join("\n");
  const known = new Set([...table.matchAll(/\bname: "([\w.]+)"/g)].map(([, name]) => name));
  for (const name of NEVER_BLOCK) known.add(name);
  expect([...blocking].filter((name) => !known.has(name))).toEqual([]);
});
