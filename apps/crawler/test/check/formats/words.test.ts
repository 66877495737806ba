import { expect, it } from "vitest";
import {
  amount,
  amounts,
  first,
  number,
  unchecked,
  where,
} from "../../../src/check/formats/words.js";
import { reportOf } from "../report.js";

it("counts in words", () => {
  expect(number(1, "page")).toBe("1 page");
  expect(number(1_200, "page")).toBe("1,200 pages");
  expect(amount(2, "redirect")).toBe("2 permanent redirects");
  const finding = { kind: "broken-link" as const, target: "", detail: "", pages: [] };
  expect(amounts(reportOf([finding, finding]), "error")).toBe("2 broken links");
  expect(amounts(reportOf([]), "error")).toBe("");
});

it("says why links were not checked, but not those that were", () => {
  const skipped = { robots: 1_000, known: 2, "bad-url": 1, nofollow: 3 };
  expect(unchecked(reportOf([], { unchecked: skipped }))).toBe("robots 1,000, nofollow 3");
});

it("says where", () => {
  expect(where({ page: "p", line: 3, element: "link" })).toBe("p:3");
  expect(where({ page: "p", line: null, element: "header" })).toBe("p");
  expect(where({ page: null, line: null, element: null })).toBe("(a seed)");
});

it("takes the first, and asks for no more than that", () => {
  let asked = 0;
  const all = {
    *[Symbol.iterator]() {
      for (;;) yield asked++;
    },
  };
  expect(first(all, 100, 3)).toEqual({ some: [0, 1, 2], more: 97 });
  expect(asked).toBeLessThan(5);
});
