import { type CheckReport, type Finding, FINDING_KINDS } from "../../src/check/finding.js";

/** A report for tests, of findings that are each given with the pages that link there. */
export function reportOf(
  found: readonly (Omit<Finding, "count" | "places"> & { pages: readonly (string | null)[] })[],
  fields: Partial<CheckReport> = {},
): CheckReport {
  const findings = found.map(({ pages, ...finding }): Finding => {
    const places = pages.map((page) => ({
      page,
      line: page === null ? null : 7,
      element: page === null ? null : ("link" as const),
    }));
    return { ...finding, count: pages.length, places };
  });
  const counts = Object.fromEntries(
    FINDING_KINDS.map((kind) => [kind, found.filter((it) => it.kind === kind).length]),
  ) as CheckReport["counts"];
  return {
    seeds: ["https://site.example/"],
    partial: null,
    durationMs: 1_234,
    pages: 3,
    links: 1_200,
    urls: 10,
    unchecked: {},
    counts,
    findings: () => findings,
    ...fields,
  };
}

export const SITE = "https://site.example";

/** What a site may put into its addresses to be taken for something else. */
export const HOSTILE = "</failure>]]>&\"'`|\u001B[31m\n::error::\u0000\u202E%0A";
