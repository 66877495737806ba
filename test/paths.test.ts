// What the documents for contributors say is where it is: every file, folder and room they name.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

const DOCUMENTS = ["docs/architecture.md", "CONTRIBUTING.md", "RELEASING.md", "SECURITY.md"];

/** In these a recipe makes a file that is not there yet. */
const EXERCISES = new Set(["barrier.ts", "barrier.test.ts"]);

const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

/** The code within a document's sentences, without blocks. */
function spans(markdown: string): string[] {
  const prose = markdown.replaceAll(/^ *```[^]*?^ *```$/gm, "");
  return [...prose.matchAll(/`([^`\n]+)`/g)].map(([, text]) => text as string);
}

const TOP = new Set(readdirSync(ROOT));

/**
 * Names a file or folder by its path from the root. What is fetched when it is needed lies in
 * `.cache`.
 */
const isPath = (text: string): boolean =>
  /^[\w.-]+(\/[\w.-]+)*\/?$/.test(text) &&
  TOP.has(text.split("/")[0] as string) &&
  !text.startsWith(".cache/");

const isFileName = (text: string): boolean => /^[\w-][\w.-]*\.(ts|mjs|cc|h|gyp|yml)$/.test(text);

/** The names of all files of the project's own. */
function fileNames(): Set<string> {
  const within = ["packages", "apps"].flatMap((kind) =>
    readdirSync(join(ROOT, kind)).flatMap((name) =>
      ["", "src", "native", "test"].map((part) => join(kind, name, part)),
    ),
  );
  const folders = ["", "test", "scripts", ".github/workflows", ...within];
  return new Set(
    folders.flatMap((folder) => {
      const path = join(ROOT, folder);
      if (!existsSync(path)) return [];
      const deep = /(src|native|test)$/.test(folder);
      return readdirSync(path, { recursive: deep, encoding: "utf8" }).map((name) => basename(name));
    }),
  );
}

/** What a table of a document has in its first column, in code. */
function firstColumn(markdown: string, heading: string): string[] {
  const [, section = ""] = markdown.split(`### ${heading}\n`);
  const [own = ""] = section.split(/^##/m);
  return [...own.matchAll(/^\| `([\w-]+)`/gm)].map(([, name]) => name as string);
}

function foldersIn(path: string): string[] {
  return readdirSync(join(ROOT, path), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name);
}

describe.each(DOCUMENTS)("%s", (document) => {
  const named = spans(read(document));

  it("names paths that exist", () => {
    expect(named.filter(isPath).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });

  it("names files that exist", () => {
    const all = fileNames();
    const missing = named.filter((name) => isFileName(name) && !all.has(name));
    expect(missing.filter((name) => !EXERCISES.has(name))).toEqual([]);
  });
});

describe("docs/architecture.md", () => {
  const page = read("docs/architecture.md");
  const drawing = read("docs/pictures/rooms.svg");

  it.each([
    ["The rooms of core", "packages/core/src"],
    ["The rooms of switcher", "packages/switcher/native"],
  ])("has %s, each of them, in words and in the picture", (heading, path) => {
    const rooms = firstColumn(page, heading);
    expect(rooms.length).toBeGreaterThan(3);
    for (const room of rooms) expect(drawing, room).toContain(`>${room}</text>`);
    expect(rooms.toSorted()).toEqual(foldersIn(path).toSorted());
  });

  it("has every package and app", () => {
    const all = ["packages", "apps"].flatMap((kind) =>
      foldersIn(kind).map((name) => `${kind}/${name}`),
    );
    const named = [...page.matchAll(/^\| `((?:packages|apps)\/[\w-]+)` +\|/gm)];
    expect(named.map(([, name]) => name).toSorted()).toEqual(all.toSorted());
    for (const path of all) expect(drawing, path).toContain(basename(path));
  });
});
