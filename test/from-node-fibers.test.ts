// The tables of docs/from-node-fibers.md have every name of fibers, and what they name of ours is
// there.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as greenlit from "greenlit";
import { run } from "greenlit";
import { ROOT } from "./support/examples.js";

/** Public names by class, as the README, future.js and fibers.cc of fibers 5.0.3 have them. */
const NAMES = JSON.parse(readFileSync(`${ROOT}test/fibers-names.json`, "utf8")) as Record<
  string,
  string[]
>;
const page = readFileSync(`${ROOT}docs/from-node-fibers.md`, "utf8");

/** One of ours for each class of theirs. */
const OURS: Record<string, () => object> = {
  Fiber: () => greenlit.getCurrent() as object,
  Future: () => new greenlit.AsyncResult(),
};

const spans = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, s = ""]) => s);

describe.each(Object.entries(NAMES))("%s", (heading, names) => {
  const [, section = ""] = page.split(`\n## ${heading}\n`);
  const table = section.split("\n## ")[0] ?? "";
  const rows = [...table.matchAll(/^\| (`.*?) +\| (.*?) +\|/gm)];

  it("has all its names in the table, each once", () => {
    expect(rows.flatMap(([, theirs = ""]) => spans(theirs)).sort()).toEqual([...names].sort());
  });

  it("has a counterpart that exists, or none", async () => {
    const { made } = await run(() => ({ made: OURS[heading]?.() as object }));
    for (const [, theirs = "", ours = ""] of rows) {
      if (ours === "none") continue;
      const named = spans(ours);
      expect(named.length, theirs).toBeGreaterThan(0);
      let object = made;
      for (const name of named) {
        if (name.startsWith(".")) {
          expect(name.slice(1) in object, `${theirs}: ${name}`).toBe(true);
          continue;
        }
        const exported = (greenlit as Record<string, unknown>)[name];
        expect(exported, `${theirs}: ${name}`).toBeTypeOf("function");
        const { prototype } = exported as { prototype?: object };
        if (prototype !== undefined) object = prototype;
      }
    }
  });
});
