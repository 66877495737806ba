import { expect, it } from "vitest";
import { GraphLayout, HEIGHT, WIDTH } from "../../../src/dashboard/page/graph-layout.js";

const nodes = (count: number): { name: string; pages: number; errors: number }[] =>
  Array.from({ length: count }, (_, i) => ({ name: `n${i}`, pages: 1, errors: 0 }));
const star = (count: number): { from: number; to: number; pages: number }[] =>
  Array.from({ length: count - 1 }, (_, i) => ({ from: 0, to: i + 1, pages: 1 }));

it.each([1, 2, 7, 40])("puts %i nodes into the picture, apart from each other", (count) => {
  const points = new GraphLayout().place(nodes(count), star(count));
  expect(points).toHaveLength(count);
  points.forEach(({ x, y }, i) => {
    expect(x).toBeGreaterThan(0);
    expect(x).toBeLessThan(WIDTH);
    expect(y).toBeGreaterThan(0);
    expect(y).toBeLessThan(HEIGHT);
    for (const other of points.slice(i + 1)) {
      expect(Math.hypot(x - other.x, y - other.y)).toBeGreaterThan(15);
    }
  });
});

it("moves little when little has changed", () => {
  const layout = new GraphLayout();
  const before = layout.place(nodes(20), star(20)).map(({ x, y }) => ({ x, y }));
  const after = layout.place(nodes(20), star(20));
  after.forEach(({ x, y }, i) => {
    expect(Math.hypot(x - before[i]!.x, y - before[i]!.y)).toBeLessThan(60);
  });
});
