import { expect, it } from "vitest";
import { printable } from "../../src/check/printable.js";

it.each([
  ["https://example.org/ü?q=1#a", "https://example.org/ü?q=1#a"],
  ["\u001B[31mred", "\\u{1b}[31mred"],
  ["two\nlines\r", "two\\u{a}lines\\u{d}"],
  ["\u009B2J", "\\u{9b}2J"],
  ["txt.\u202Eexe", "txt.\\u{202e}exe"],
  ["half \uD800 a character", "half \\u{d800} a character"],
  ["whole 😀", "whole 😀"],
  ["\u0000", "\\u{0}"],
])("shows %j as it is, and nothing more", (text, shown) => {
  expect(printable(text)).toBe(shown);
});
