import { styleText } from "node:util";
import { type CheckReport, type Finding, FINDINGS, type FindingKind, total } from "../finding.js";
import { printable } from "../printable.js";
import { amounts, first, caveat, good, number, unchecked, where } from "./words.js";

/** Pages that are shown for one target. */
const SHOWN = 5;

/** How a word is to look on a terminal. */
type Paint = (style: "bold" | "dim" | "red" | "yellow" | "green", text: string) => string;

/** For people: by kind, by target, with the first pages that link there. */
export function* formatText(report: CheckReport, colours: boolean): Generator<string> {
  const paint: Paint = (style, text) => (colours ? styleText(style, text) : text);
  let kind: FindingKind | null = null;
  for (const finding of report.findings()) {
    if (finding.kind !== kind) yield heading((kind = finding.kind), report, paint);
    yield described(finding, report, paint);
  }
  yield verdict(report, paint);
}

function heading(kind: FindingKind, { counts }: CheckReport, paint: Paint): string {
  const { title } = FINDINGS[kind];
  return `\n${paint("bold", title)} ${paint("dim", `(${counts[kind].toLocaleString("en")})`)}\n`;
}

function described(finding: Finding, report: CheckReport, paint: Paint): string {
  const { kind, target, detail, count, places } = finding;
  const isError = FINDINGS[kind].severity === "error";
  const mark = isError ? paint("red", "✗") : paint("yellow", "!");
  const { some, more } = first(places, count, SHOWN);
  const lines = some.map((place) => paint("dim", `      ${short(where(place), report)}`));
  if (more > 0) lines.push(paint("dim", `      and ${number(more, "more page")}`));
  const what = paint(isError ? "red" : "yellow", printable(detail));
  return `\n  ${mark} ${printable(target)}\n    ${what}\n${lines.join("\n")}\n`;
}

/** A page of the seed's site by its path. */
function short(place: string, { seeds }: CheckReport): string {
  const [seed = ""] = seeds;
  const { origin } = URL.canParse(seed) ? new URL(seed) : { origin: null };
  return origin !== null && place.startsWith(`${origin}/`) ? place.slice(origin.length) : place;
}

function verdict(report: CheckReport, paint: Paint): string {
  const { pages, links, urls, durationMs } = report;
  const errors = total(report, "error");
  const warnings = total(report, "warning");
  const lines = [
    errors === 0
      ? `${paint("green", pages === 0 ? "?" : "✓")} ${paint("bold", `${good(report)}.`)}`
      : `${paint("red", "✗")} ${paint("bold", number(errors, "error"))}: ${amounts(report, "error")}.`,
  ];
  if (warnings > 0)
    lines.push(
      `${paint("yellow", "!")} ${number(warnings, "warning")}: ${amounts(report, "warning")}.`,
    );
  const time = `${(durationMs / 1000).toFixed(1)} s`;
  const so = `${number(links, "link")} on ${number(pages, "page")}, ${number(urls, "URL")} asked`;
  lines.push(paint("dim", `  ${so} in ${time}.`));
  const others = unchecked(report);
  if (others !== "") lines.push(paint("dim", `  Not checked: ${others}.`));
  const but = caveat(report);
  if (but !== null) lines.push(paint("yellow", `  ${but}`));
  return `\n${lines.join("\n")}\n`;
}
