import { expect, it } from "vitest";
import { nearest } from "../src/nearest.js";

const KNOWN = ["crawl", "check", "sitemap", "maxPages"];

it.each([
  ["chek", "check"],
  ["sitmap", "sitemap"],
  ["site-map", "sitemap"],
  ["rcawl", "crawl"], // swapped
  ["MAXPAGES", "maxPages"],
  ["check", "check"],
  ["example.org", null],
  ["", null],
  ["x".repeat(100_000), null],
])("takes %s for %s", (word, known) => {
  expect(nearest(word, KNOWN)).toBe(known);
});
