import { stripVTControlCharacters } from "node:util";
import { expect, it } from "vitest";
import { formatText } from "../../../src/check/formats/text.js";
import { HOSTILE, reportOf, SITE } from "../report.js";

const text = (report: ReturnType<typeof reportOf>, colours = false): string =>
  [...formatText(report, colours)].join("");

it("says that all is well", () => {
  expect(text(reportOf([]))).toBe(
    "\n✓ No broken links.\n  1,200 links on 3 pages, 10 URLs asked in 1.2 s.\n",
  );
});

it("tells by kind and target where something is wrong", () => {
  const report = reportOf(
    [
      {
        kind: "broken-link",
        target: `${SITE}/gone`,
        detail: "404 Not Found",
        pages: [`${SITE}/`, "https://other.example/", null],
      },
      {
        kind: "broken-link",
        target: `${SITE}/lost`,
        detail: "410 Gone",
        pages: Array.from({ length: 1_007 }, (_, i) => `${SITE}/${i}`),
      },
      { kind: "redirect", target: `${SITE}/old`, detail: "301 to /new", pages: [`${SITE}/a`] },
    ],
    { unchecked: { robots: 3, known: 9 }, partial: "the crawl was interrupted" },
  );
  expect(text(report)).toBe(`
Broken links (2)

  ✗ ${SITE}/gone
    404 Not Found
      /:7
      https://other.example/:7
      (a seed)

  ✗ ${SITE}/lost
    410 Gone
      /0:7
      /1:7
      /2:7
      /3:7
      /4:7
      and 1,002 more pages

Permanent redirects (1)

  ! ${SITE}/old
    301 to /new
      /a:7

✗ 2 errors: 2 broken links.
! 1 warning: 1 permanent redirect.
  1,200 links on 3 pages, 10 URLs asked in 1.2 s.
  Not checked: robots 3.
  Not all links were checked: the crawl was interrupted.
`);
});

it("has colours only where they are wanted, and none of the site's", () => {
  const report = reportOf([
    { kind: "invalid-url", target: HOSTILE, detail: HOSTILE, pages: [HOSTILE] },
  ]);
  expect(text(report)).not.toContain("\u001B");
  expect(text(report)).toContain("\\u{1b}[31m\\u{a}::error::\\u{0}\\u{202e}");
  expect(stripVTControlCharacters(text(report, true))).toBe(text(report));
});
