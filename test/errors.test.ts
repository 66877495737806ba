// Whoever gets an error finds where to read on: each code has a section in docs/errors.md.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as greenlit from "greenlit";
import * as net from "greenlit/net";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const page = readFileSync(`${ROOT}docs/errors.md`, "utf8");
const [, ...sections] = page.split(/^## /m);
const bodies = new Map(sections.map((text) => [text.slice(0, text.indexOf("\n")), text]));

/** The text of everything that is shipped or run. */
function sources(): string[] {
  return ["packages", "apps"].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).flatMap((name) =>
      ["src", "native"].flatMap((part) => filesIn(join(ROOT, kind, name, part))),
    ),
  );
}

function filesIn(folder: string): string[] {
  try {
    const entries = readdirSync(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => readFileSync(join(entry.parentPath, entry.name), "utf8"));
  } catch {
    return []; // the package has none
  }
}

/** Codes of errors, and of warnings, which look like settings but for what stands before them. */
const CODE = /"(ERR_GREENLIT_[A-Z_]+)"|\bcode: "(GREENLIT_[A-Z_]+)"/g;

function codes(): Set<string> {
  const found = sources().flatMap((text) => [...text.matchAll(CODE)]);
  return new Set(found.map(([, error, warning]) => (error ?? warning) as string));
}

describe("docs/errors.md", () => {
  it("has a section for each code in the sources, in order, and for no other", () => {
    expect(codes().size).toBeGreaterThan(20);
    expect([...bodies.keys()]).toEqual([...codes()].toSorted());
  });

  it("lists them all, with what each says first", () => {
    const rows = [...page.matchAll(/^\| \[(\w+)\]\(#(\w+)\) +\| (.*?) +\| (.*?) +\|$/gm)];
    expect(rows.map(([, code]) => code)).toEqual([...bodies.keys()]);
    for (const [, code = "", anchor, kind = "", meaning = ""] of rows) {
      expect(anchor).toBe(code.toLowerCase());
      const [, opening = ""] = (bodies.get(code) ?? "").split("\n\n");
      const said = opening.replaceAll("\n", " ").toLowerCase();
      expect(said, code).toContain(meaning.toLowerCase());
      expect(said, code).toContain(kind.toLowerCase());
    }
  });

  it("says of each why, what it carries, and what to do", () => {
    for (const [code, text] of bodies) {
      const points = [...text.matchAll(/^- \*\*(.*?)\.\*\* \S/gm)].map(([, point]) => point);
      expect(points, code).toEqual(["Why", "What it carries", "What to do"]);
    }
  });

  it("names the class that has the code", () => {
    const classes = Object.entries({ ...greenlit, ...net }).filter(
      (entry): entry is [string, typeof greenlit.Timeout] =>
        typeof entry[1] === "function" && entry[1].prototype instanceof greenlit.GreenlitError,
    );
    expect(classes.length).toBeGreaterThan(12);
    for (const [name, { code }] of classes) {
      expect(bodies.get(code), name).toMatch(new RegExp(`^${code}\n\n\`${name}\``));
    }
  });

  it("is where errors say it is", () => {
    const { repository } = JSON.parse(
      readFileSync(`${ROOT}packages/switcher/package.json`, "utf8"),
    ) as { repository: { url: string } };
    const home = repository.url.replace(/^git\+/, "").replace(/\.git$/, "");
    const { docs } = new greenlit.LoopExit("x");
    expect(docs).toBe(`${home}/blob/main/docs/errors.md#err_greenlit_loop_exit`);
  });
});
