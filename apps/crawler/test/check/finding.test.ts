import { expect, it } from "vitest";
import { type CheckReport, FINDING_KINDS, FINDINGS, total } from "../../src/check/finding.js";

it("counts errors and warnings", () => {
  const counts = Object.fromEntries(
    FINDING_KINDS.map((kind) => [kind, 0]),
  ) as CheckReport["counts"];
  const some = { ...counts, "broken-link": 2, "missing-fragment": 1, redirect: 4 };
  expect(total({ counts: some }, "error")).toBe(3);
  expect(total({ counts: some }, "warning")).toBe(4);
});

it("tells errors before warnings", () => {
  const severities = FINDING_KINDS.map((kind) => FINDINGS[kind].severity);
  expect(severities).toEqual(severities.toSorted());
});
