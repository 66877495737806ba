import { type CheckReport, FINDINGS } from "../finding.js";
import { printable } from "../printable.js";
import { first, number, where } from "./words.js";

const SHOWN = 10;

/** Annotations of GitHub Actions ("Workflow commands"): it shows the first ten of a step. */
export function* formatGithub(report: CheckReport): Generator<string> {
  for (const { kind, target, detail, count, places } of report.findings()) {
    const { severity, title } = FINDINGS[kind];
    const { some, more } = first(places, count, SHOWN);
    const pages = some.map(where);
    if (more > 0) pages.push(`and ${number(more, "more page")}`);
    const text = `${printable(target)}: ${printable(detail)}\nlinked from ${pages.join("\n")}`;
    yield `::${severity} title=${escape(title).replaceAll(",", "%2C")}::${escape(text)}\n`;
  }
}

function escape(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
