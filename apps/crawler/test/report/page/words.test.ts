import { expect, it } from "vitest";
import { pagesOf } from "../../../src/report/page/words.js";

it("counts pages in words", () => {
  expect([0, 1, 1_200].map(pagesOf)).toEqual(["0 pages", "1 page", "1,200 pages"]);
});
