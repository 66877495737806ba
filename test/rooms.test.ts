// The rooms of the house: which folder may know of which. Files of one room may know each other;
// from one room to another all arrows point down, so each room can be read, tested and changed
// without those above it.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { ROOT } from "./support/examples.js";

/** From the top floor down. A file that lies in no folder is a room of its own. */
const HOUSES: Record<string, readonly (readonly string[])[]> = {
  "packages/core/src": [
    ["index", "blocking-call"],
    ["groups"],
    ["sync"],
    ["calls", "queues"],
    ["hub"],
    ["diagnosis"],
    ["config", "node", "wait-options"],
    ["errors"],
    ["collections", "ledger", "time", "traces"],
  ],
};

/** The room of a file, as a path from the house's folder: without it, and without its ending. */
const roomOf = (file: string): string => file.split("/")[0]?.replace(/\.\w+$/, "") as string;

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".ts"),
  );
}

/** Each file with what it imports, as paths from the house's folder. */
function arrows(folder: string): [from: string, to: string][] {
  return sources(folder).flatMap((file) => {
    const text = readFileSync(join(ROOT, folder, file), "utf8");
    const imports = [...text.matchAll(/\bfrom "(\.[^"]+)"/g)].map(([, path]) =>
      normalize(join(dirname(file), path as string)),
    );
    return imports.map((to): [string, string] => [file, to]);
  });
}

describe.each(Object.entries(HOUSES))("%s", (folder, floors) => {
  const floorOf = (file: string): number =>
    floors.findIndex((rooms) => rooms.includes(roomOf(file)));

  it("has the rooms that are written down here, and no others", () => {
    const rooms = new Set(sources(folder).map(roomOf));
    expect([...rooms].sort()).toEqual(floors.flat().sort());
  });

  it("has arrows that point down only", () => {
    const all = arrows(folder);
    expect(all.length).toBeGreaterThan(50);
    const wrong = all
      .filter(([from, to]) => roomOf(from) !== roomOf(to) && floorOf(from) >= floorOf(to))
      .map(([from, to]) => `${from} -> ${to}`);
    expect(wrong).toEqual([]);
  });
});

it("tests lie where what they test lies", () => {
  const wrong = sources("packages/core/test")
    .filter((path) => /^[^/]+\/[^/]+\.test\.ts$/.test(path))
    .map((path) => dirname(path))
    .filter((room) => !HOUSES["packages/core/src"]?.flat().includes(room));
  expect(wrong).toEqual([]);
});
