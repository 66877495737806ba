import { describe, expect, it } from "vitest";
import { elementNamed, isIndicated } from "../../src/check/fragment.js";

describe("elementNamed", () => {
  it.each([
    ["", null],
    ["#", null],
    ["#a", "a"],
    ["#a%20b", "a%20b"],
    ["#:~:text=hello", null],
    ["#a:~:text=hello", "a"],
    ["#/inbox", null],
    ["#!/inbox", null],
  ])("%s names %s", (hash, name) => {
    expect(elementNamed(hash)).toBe(name);
  });
});

describe("isIndicated", () => {
  const anchors = new Set(["a", "ü", "a%20b", "c d", "100%", "\uFFFD", "Top of it"]);

  it.each([
    "a",
    "%61",
    "ü",
    "%C3%BC",
    "a%20b",
    "c%20d",
    "100%",
    "100%25",
    "%FF",
    "top",
    "TOP",
    "t%6Fp",
  ])("finds %s", (name) => {
    expect(isIndicated(name, anchors)).toBe(true);
  });

  it.each(["A", "b", "b%2520", "c+d", "%C3", "top of it"])("does not find %s", (name) => {
    expect(isIndicated(name, new Set([...anchors].slice(0, 5)))).toBe(false);
  });
});
