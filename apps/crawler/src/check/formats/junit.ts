import { escapeXml } from "../../sitemap.js";
import {
  type CheckReport,
  type Finding,
  FINDING_KINDS,
  type FindingKind,
  FINDINGS,
} from "../finding.js";
import { printable } from "../printable.js";
import { first, number, where } from "./words.js";

/** Pages that are listed for one target: CI servers read all of the file into memory. */
const SHOWN = 1_000;

/**
 * JUnit's XML as CI servers read it, valid by the schema of Ant's reports (JUnit.xsd by Windy
 * Road), which is the strictest: a suite for each kind of finding, with a case for each target. A
 * kind of which there is none is a case that passed.
 *
 * @param strict whether warnings are failures; else they are cases that passed
 * @param now when it was checked
 */
export function* formatJunit(report: CheckReport, strict: boolean, now: Date): Generator<string> {
  const fails = (kind: FindingKind): boolean => strict || FINDINGS[kind].severity === "error";
  const { counts } = report;
  const site = attribute(report.seeds.join(" ") || "none");
  const stamp = now.toISOString().slice(0, 19);
  yield '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n';
  const findings = report.findings()[Symbol.iterator]();
  let next = findings.next();
  for (const [id, kind] of FINDING_KINDS.entries()) {
    const count = counts[kind];
    const failed = fails(kind) ? count : 0;
    yield (
      `<testsuite id="${id}" package="links" name="${kind}" timestamp="${stamp}" ` +
      `hostname="localhost" tests="${Math.max(1, count)}" failures="${failed}" errors="0" time="0">\n` +
      `<properties><property name="site" value="${site}"/></properties>\n`
    );
    if (count === 0) yield `<testcase classname="${kind}" name="none" time="0"/>\n`;
    for (; !next.done && next.value.kind === kind; next = findings.next())
      yield formatCase(next.value, fails(kind));
    yield "<system-out/>\n<system-err/>\n</testsuite>\n";
  }
  yield "</testsuites>\n";
}

function formatCase({ kind, target, detail, count, places }: Finding, fails: boolean): string {
  const { some, more } = first(places, count, SHOWN);
  const lines = [`${printable(target)}: ${printable(detail)}`, "linked from", ...some.map(where)];
  if (more > 0) lines.push(`and ${number(more, "more page")}`);
  const test = `<testcase classname="${kind}" name="${attribute(target)}" time="0">`;
  if (!fails) return `${test.slice(0, -1)}/>\n`;
  const text = escapeXml(lines.join("\n"));
  return `${test}<failure type="${kind}" message="${attribute(detail)}">${text}</failure></testcase>\n`;
}

function attribute(text: string): string {
  return escapeXml(printable(text));
}
