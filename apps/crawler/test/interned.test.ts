import { describe, expect, it } from "vitest";
import { Interned } from "../src/interned.js";

const of = (names: Interned, word: string): string => names.of(`<${word}>`, 1, 1 + word.length);

describe("Interned", () => {
  it("gives the word in lower case, however it is written", () => {
    const names = new Interned();
    for (const word of ["", "a", "SPAN", "Span", "span", "h1", "x".repeat(100), "É", "data-X_1"])
      expect(of(names, word)).toBe(word.toLowerCase());
  });

  it("tells words apart that meet in one slot, and characters that differ in one bit", () => {
    const names = new Interned();
    const words = Array.from({ length: 5_000 }, (_, i) => `x${i.toString(36)}`);
    words.push("a@b", "a`b", "a[b", "a{b", "a]", "a}", "\u0131", "\u0130");
    for (let round = 0; round < 2; round++)
      for (const word of words) expect(of(names, word)).toBe(word.toLowerCase());
  });
});
