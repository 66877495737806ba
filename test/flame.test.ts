import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { programs, ROOT } from "./support/examples.js";

const FLAME = `${ROOT}scripts/flame.mjs`;
const PICTURE = `${ROOT}docs/pictures/profile.svg`;
const { flame } = (await import(FLAME)) as { flame: (profile: object, title: string) => string };

// Below the root, so that imports of greenlit are found.
const folder = mkdtempSync(fileURLToPath(new URL("flame-", import.meta.url)));
afterAll(() => rmSync(folder, { recursive: true }));

type Line = readonly [number, string, number, readonly number[], string?, number?];

/** A profile, from one line for each node: id, name, hits, ids of callees, and where it is. */
function profile(...lines: readonly Line[]): object {
  const nodes = lines.map(([id, functionName, hitCount, children, url = "", lineNumber = 0]) => ({
    id,
    callFrame: { functionName, url, lineNumber },
    hitCount,
    // Node's own profiles have no list where there is none to call.
    ...(children.length > 0 && { children }),
  }));
  return { nodes };
}

interface Frame {
  told: string;
  x: number;
  y: number;
  width: number;
  fill: string;
  label: string;
}

function framesOf(svg: string): Frame[] {
  const frame =
    /<g><title>(.*?)<\/title><rect x="(.*?)" y="(.*?)" width="(.*?)" .*? fill="(.*?)" .*?<text .*?>(.*?)<\/text>/g;
  return [...svg.matchAll(frame)].map(
    ([, told = "", x, y, width, fill = "", label = ""]): Frame => {
      return { told, x: Number(x), y: Number(y), width: Number(width), fill, label };
    },
  );
}

describe("the picture of a profile", () => {
  it("has each frame below its caller, as wide as its samples, and callees side by side", () => {
    const svg = flame(
      profile(
        [1, "(root)", 0, [2, 5]],
        [2, "main", 10, [3, 4], "file:///app/main.js"],
        [3, "first", 60, [], "file:///app/main.js"],
        [4, "second", 20, [], "file:///app/main.js"],
        [5, "(program)", 10, []],
      ),
      "mine",
    );
    const [main, first, second, outside] = framesOf(svg) as [Frame, Frame, Frame, Frame];
    expect(main.told).toBe("main (main.js): 90 of 100 samples, 90.0 %");
    expect(outside).toMatchObject({ told: "(program): 10 of 100 samples, 10.0 %", y: main.y });
    expect(first.width / main.width).toBeCloseTo(60 / 90, 2);
    expect(first.x).toBe(main.x);
    expect(second.x).toBeCloseTo(first.x + first.width, 0);
    expect(outside.x).toBeCloseTo(main.x + main.width, 0);
    expect(first.y).toBeGreaterThan(main.y);
    expect(second.y).toBe(first.y);
    expect(Number(/height="(\d+)"/.exec(svg)?.[1])).toBeGreaterThan(second.y + 20);
  });

  it("takes a function for one, at whichever line it was seen, and those without a name by line", () => {
    const at = (name: string): [number, string, number, number[], string, number][] =>
      [4, 4, 9].map((line, i) => [i + 2, name, 1, [], "/app/main.cjs", line]);
    const told = (name: string): string[] =>
      framesOf(flame(profile([1, "(root)", 0, [2, 3, 4]], ...at(name)), "")).map(
        (frame) => frame.told,
      );
    expect(told("named")).toEqual(["named (main.cjs): 3 of 3 samples, 100.0 %"]);
    expect(told("")).toEqual([
      "main.cjs:5 (main.cjs): 2 of 3 samples, 66.7 %",
      "main.cjs:10 (main.cjs): 1 of 3 samples, 33.3 %",
    ]);
  });

  it("tells the program, greenlit and Node apart", () => {
    const fills = [
      ["file:///app/main.js", "file:///app/node_modules/express/index.js"],
      [
        `${ROOT}packages/core/dist/hub/hub.js`,
        "file:///app/node_modules/@greenlit/core/dist/hub/hub.js",
        "file:///app/node_modules/greenlit/dist/cli.js",
      ],
      ["node:fs", ""],
    ].map((urls) => {
      const nodes = urls.map(
        (url, i) => [i + 2, "f", 1, [], url] as [number, string, number, [], string],
      );
      const svg = flame(profile([1, "(root)", 0, nodes.map(([id]) => id)], ...nodes), "");
      const found = framesOf(svg);
      expect(found.length).toBe(urls.length);
      expect(new Set(found.map(({ fill }) => fill)).size).toBe(1);
      return found[0]?.fill;
    });
    expect(new Set(fills).size).toBe(3);
  });

  it("leaves out idle time and what is too narrow, and shortens labels to what fits", () => {
    const svg = flame(
      profile(
        [1, "(root)", 0, [2, 3, 4, 5]],
        [2, "(idle)", 100_000, []],
        [3, "narrow", 9, []],
        [4, "a".repeat(500), 911, []],
        [5, "rather a long name", 80, []],
      ),
      "",
    );
    const [long, short] = framesOf(svg) as [Frame, Frame];
    expect(framesOf(svg).length).toBe(2);
    expect(long.label).toMatch(/^a{80,}…$/);
    expect(short.label).toMatch(/^rather.*…$/);
    expect(svg).toContain(">1000 samples");
  });

  it("is of nothing but its heading where all frames are too narrow", () => {
    const ids = Array.from({ length: 200 }, (_, i) => i + 2);
    const svg = flame(
      profile([1, "(root)", 0, ids], ...ids.map((id) => [id, `f${id}`, 1, []] as const)),
      "",
    );
    expect(framesOf(svg)).toEqual([]);
    expect(svg).toMatch(/height="\d+"/);
  });

  it("is well-formed whatever the names", () => {
    const svg = flame(profile([1, "(root)", 0, [2]], [2, "<a> & b", 1, []]), "<b> & c");
    expect(svg).toContain(">&lt;a&gt; &amp; b<");
    expect(svg).toContain(">&lt;b&gt; &amp; c<");
    expect(svg).not.toMatch(/<[ab]>|& /);
  });

  it("is refused where nothing ran", () => {
    expect(() => flame(profile([1, "(root)", 0, [2]], [2, "(idle)", 5, []]), "")).toThrow(
      "the profile has no samples: nothing ran",
    );
    expect(spawnSync(process.execPath, [FLAME], { encoding: "utf8" })).toMatchObject({
      status: 2,
      stderr: "usage: node scripts/flame.mjs app.cpuprofile > app.svg\n",
    });
  });
});

it("the picture of docs/command.md shows the program above it", () => {
  const page = readFileSync(`${ROOT}docs/command.md`, "utf8");
  const program = programs(page).findLast(
    ({ line }) => line < lineOf(page, "pictures/profile.svg"),
  );
  writeFileSync(join(folder, "app.mjs"), program?.code ?? "");
  const cli = `${ROOT}packages/greenlit/dist/cli.js`;
  const options = { cwd: folder, encoding: "utf8" } as const;
  execFileSync(process.execPath, [cli, "run", "--profile", "p.cpuprofile", "app.mjs"], options);
  const drawn = execFileSync(process.execPath, [FLAME, "p.cpuprofile"], options);

  for (const svg of [readFileSync(PICTURE, "utf8"), drawn]) {
    const found = framesOf(svg);
    const row = (name: string): number => {
      const frame = found.find(({ told }) => told.startsWith(`${name} (`));
      return frame?.y ?? expect.fail(`${name} is not in the picture`);
    };
    const rows = ["runOnStack", "page", "parse", "busy"].map((name) => row(name));
    expect(rows).toEqual([...rows].sort((a, b) => a - b));
    expect(row("feed")).toBe(row("page"));
    expect(row("render")).toBe(row("parse"));
    expect(found.filter(({ told }) => told.startsWith("parse (")).length).toBe(2);
  }
});

const lineOf = (text: string, part: string): number =>
  text.slice(0, text.indexOf(part)).split("\n").length;
