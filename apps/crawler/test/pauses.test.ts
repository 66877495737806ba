import { describe, expect, it } from "vitest";
import { Pauses } from "../src/pauses.js";

describe("Pauses", () => {
  it("tells how much of each is left, and makes those anew that are not over", () => {
    const made: unknown[] = [];
    const pauses = new Pauses((...pause) => void made.push(pause));
    pauses.note("a", 1_000, "over");
    pauses.note("b", 5_000, "it said so");
    pauses.note("c", 9_000, "it said so, too");
    pauses.note("b", 6_000, "again");
    const learnt = pauses.learnt(2_000);
    expect(learnt).toEqual([
      ["c", 7_000, "it said so, too"],
      ["b", 4_000, "again"],
    ]);
    new Pauses((...pause) => void made.push(pause)).relearn(learnt, 0, 4_500);
    expect(made).toEqual([["c", 2_500, "it said so, too"]]);
  });
});
