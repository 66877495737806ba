import { expect, it } from "vitest";
import { crawlMode } from "../../src/modes/crawl.js";

it("changes nothing of a crawl, and makes nothing of it", () => {
  expect(Object.keys(crawlMode)).toEqual(["name", "summary"]);
});
