import { expect, it } from "vitest";
import { formatJson } from "../../../src/check/formats/json.js";
import { HOSTILE, reportOf } from "../report.js";

const parsed = (report: ReturnType<typeof reportOf>): unknown =>
  JSON.parse([...formatJson(report)].join(""));

it("is one document, with every page", () => {
  const pages = Array.from({ length: 3_000 }, (_, i) => `p${i}`);
  const report = reportOf([
    { kind: "broken-link", target: HOSTILE, detail: "404", pages: [null, ...pages] },
    { kind: "redirect", target: "t", detail: "301", pages: ["p"] },
  ]);
  expect(parsed(report)).toMatchObject({
    errors: 1,
    warnings: 1,
    links: 1_200,
    counts: { "broken-link": 1 },
    findings: [
      {
        kind: "broken-link",
        severity: "error",
        target: HOSTILE,
        count: 3_001,
        places: [
          { page: null, line: null, element: null },
          ...pages.map((page) => ({ page, line: 7, element: "link" })),
        ],
      },
      { kind: "redirect", severity: "warning", places: [{ page: "p" }] },
    ],
  });
});

it("is a document when nothing was found, too", () => {
  expect(parsed(reportOf([]))).toMatchObject({ errors: 0, findings: [] });
});
