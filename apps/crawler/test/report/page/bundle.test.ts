import { describe, expect, it } from "vitest";
import { Bundle } from "../../../src/report/page/bundle.js";

const NAMES = ["a.org/docs/api", "a.org/docs/intro", "a.org/docs/", "a.org/blog/", "a.org/"];

const bundle = (names: string[]): Bundle =>
  new Bundle({ nodes: names.map((name) => ({ name, pages: 1, broken: 0 })), edges: [] }, 100);

/** Numbers of a path. */
const numbers = (path: string): number[] => path.match(/-?\d+(?:\.\d+)?/g)!.map(Number);

describe("Bundle", () => {
  it("puts every part on the circle, apart from all others", () => {
    const { places } = bundle(NAMES);
    for (const { x, y } of places) expect(Math.hypot(x, y)).toBeCloseTo(100);
    const angles = places.map(({ angle }) => angle);
    expect(angles).toEqual(angles.toSorted((a, b) => a - b));
    expect(new Set(angles).size).toBe(NAMES.length);
    // Parts of one folder are nearer each other than those of two.
    expect(angles[1]! - angles[0]!).toBeLessThan(angles[3]! - angles[2]!);
  });

  it("leads lines from one to the other, nearer to the middle the less they have in common", () => {
    const it = bundle(NAMES);
    const ends = (from: number, to: number): number[] => {
      const all = numbers(it.line(from, to));
      return [...all.slice(0, 2), ...all.slice(-2)];
    };
    const [a, b] = [it.places[0]!, it.places[3]!];
    for (const [i, value] of [a.x, a.y, b.x, b.y].entries())
      expect(ends(0, 3)[i]).toBeCloseTo(value, 0);
    const nearest = (path: string): number => {
      const all = numbers(path);
      return Math.min(...all.flatMap((x, i) => (i % 2 === 0 ? [Math.hypot(x, all[i + 1]!)] : [])));
    };
    expect(nearest(it.line(0, 3))).toBeLessThan(nearest(it.line(0, 1)));
  });

  it("has no numbers that are none", () => {
    for (const names of [["a.org/"], ["a.org/", "b.org/"], ["x", "y"], NAMES]) {
      const it = bundle(names);
      expect(it.line(0, names.length - 1)).not.toMatch(/NaN|Infinity/);
    }
    expect(bundle([]).places).toEqual([]);
  });
});
