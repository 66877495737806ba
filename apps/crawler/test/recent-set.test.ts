import { expect, it } from "vitest";
import { RecentSet } from "../src/recent-set.js";

it("RecentSet forgets what is two rotations old, when there is enough that is younger", () => {
  const recent = new RecentSet(3);
  recent.add("a");
  recent.rotate();
  recent.rotate();
  expect(recent.has("a")).toBe(true); // too few to make it worth while
  recent.add("b").add("c");
  recent.rotate();
  recent.add("d").add("e").add("f");
  expect(["a", "b", "c", "d", "e", "f"].every((item) => recent.has(item))).toBe(true);
  recent.rotate();
  expect(["a", "c", "d", "f"].map((item) => recent.has(item))).toEqual([false, false, true, true]);
});
