import { type CheckReport, FINDINGS, type FindingKind, total } from "../finding.js";
import { printable } from "../printable.js";
import { amounts, first, caveat, good, number, unchecked, where } from "./words.js";

/** Pages that are shown for one target, and targets in all: GitHub takes a summary of 1 MB. */
const SHOWN = 10;
const MAX_TARGETS = 1_000;

/** For the summary of a CI job, or a comment. */
export function* formatMarkdown(report: CheckReport): Generator<string> {
  const { pages, links, urls } = report;
  const [errors, warnings] = [total(report, "error"), total(report, "warning")];
  yield errors === 0
    ? `## ${pages === 0 ? "❔" : "✅"} ${good(report)}\n\n`
    : `## ❌ ${number(errors, "error")}: ${amounts(report, "error")}\n\n`;
  yield `${number(links, "link")} on ${number(pages, "page")}, ${number(urls, "URL")} asked.`;
  if (warnings > 0) yield ` ${number(warnings, "warning")}: ${amounts(report, "warning")}.`;
  const others = unchecked(report);
  if (others !== "") yield ` Not checked: ${others}.`;
  const but = caveat(report);
  if (but !== null) yield `\n\n**${but}**`;
  yield "\n";
  let kind: FindingKind | null = null;
  let left = MAX_TARGETS;
  for (const finding of report.findings()) {
    if (left-- === 0) {
      yield `\nAnd ${(errors + warnings - MAX_TARGETS).toLocaleString("en")} more.\n`;
      return;
    }
    if (finding.kind !== kind) {
      kind = finding.kind;
      yield `\n### ${FINDINGS[kind].title}\n\n| target | | on |\n| --- | --- | --- |\n`;
    }
    const { target, detail, count, places } = finding;
    const { some, more } = first(places, count, SHOWN);
    const pages = some.map((place) => code(where(place)));
    if (more > 0) pages.push(`and ${number(more, "more page")}`);
    yield `| ${code(printable(target))} | ${code(printable(detail))} | ${pages.join("<br>")} |\n`;
  }
}

/** Text that nothing in it can end: neither its own backquotes nor the bars of a table. */
function code(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  const space = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${space}${text.replaceAll("|", "\\|")}${space}${fence}`;
}
