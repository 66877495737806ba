import { type CheckReport, type Finding, FINDINGS, total } from "../finding.js";

/** For programs: one document, with every page that links to each target. */
export function* formatJson(report: CheckReport): Generator<string> {
  const { seeds, partial, durationMs, pages, links, urls, counts } = report;
  const head = {
    seeds,
    partial,
    durationMs,
    pages,
    links,
    urls,
    unchecked: report.unchecked,
    errors: total(report, "error"),
    warnings: total(report, "warning"),
    counts,
  };
  yield `${JSON.stringify(head).slice(0, -1)},"findings":[`;
  let separator = "\n";
  for (const finding of report.findings()) {
    yield separator;
    separator = ",\n";
    yield* formatFinding(finding);
  }
  yield "\n]}\n";
}

function* formatFinding({ kind, target, detail, count, places }: Finding): Generator<string> {
  const { severity } = FINDINGS[kind];
  yield `${JSON.stringify({ kind, severity, target, detail, count }).slice(0, -1)},"places":[`;
  let separator = "";
  for (const place of places) {
    yield separator + JSON.stringify(place);
    separator = ",";
  }
  yield "]}";
}
