import { describe, expect, it } from "vitest";
import { Tally } from "../src/tally.js";

describe("Tally", () => {
  it("counts by name", () => {
    const tally = new Tally();
    tally.add("b");
    tally.add("a", 2);
    tally.add("b");
    expect([tally.get("a"), tally.get("b"), tally.get("c"), tally.total]).toEqual([2, 2, 0, 4]);
    expect(Object.entries(tally.toObject())).toEqual([
      ["a", 2],
      ["b", 2],
    ]);
  });
});
