import { describe, expect, it } from "vitest";
import { Recent } from "../src/recent.js";

describe("Recent", () => {
  it("forgets what was not used for the longest time", () => {
    const recent = new Recent<string, number>(2);
    recent.set("a", 1);
    recent.set("b", 2);
    recent.get("a");
    recent.set("c", 3);
    expect(["a", "b", "c"].map((key) => recent.get(key))).toEqual([1, undefined, 3]);
  });

  it("shows what it has, the newest first, without use of it", () => {
    const recent = new Recent<string, number>(2);
    recent.set("a", 1);
    recent.set("b", 2);
    expect(recent.newestFirst()).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
    recent.set("c", 3);
    expect(recent.keys()).toEqual(["b", "c"]);
  });
});
