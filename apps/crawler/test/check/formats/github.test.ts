import { expect, it } from "vitest";
import { formatGithub } from "../../../src/check/formats/github.js";
import { HOSTILE, reportOf, SITE } from "../report.js";

it("is an annotation for each target", () => {
  const report = reportOf([
    { kind: "broken-resource", target: `${SITE}/a%20b`, detail: "404", pages: [SITE, null] },
    { kind: "redirect", target: HOSTILE, detail: "301", pages: Array.from({ length: 12 }, String) },
  ]);
  const lines = [...formatGithub(report)];
  expect(lines[0]).toBe(
    "::error title=Missing images%2C style sheets and scripts::" +
      `${SITE}/a%2520b: 404%0Alinked from ${SITE}:7%0A(a seed)\n`,
  );
  expect(lines[1]).toMatch(/^::warning title=Permanent redirects::[^\n]*and 2 more pages\n$/);
  expect(lines).toHaveLength(2);
});
