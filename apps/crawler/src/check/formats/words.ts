import {
  type CheckReport,
  type FindingKind,
  FINDING_KINDS,
  FINDINGS,
  type Place,
  type Severity,
} from "../finding.js";
import { printable } from "../printable.js";

/** What one finding of a kind is called, and several. */
const NAMES: Readonly<Record<FindingKind, readonly [one: string, several: string]>> = {
  "broken-link": ["broken link", "broken links"],
  "broken-resource": ["missing resource", "missing resources"],
  "redirect-loop": ["redirect without end", "redirects without end"],
  "invalid-url": ["invalid address", "invalid addresses"],
  "missing-fragment": ["missing fragment", "missing fragments"],
  "blocked-content": ["blocked content", "blocked contents"],
  "insecure-content": ["insecure content", "insecure contents"],
  "empty-link": ["page with empty references", "pages with empty references"],
  redirect: ["permanent redirect", "permanent redirects"],
  "redirect-chain": ["redirect to a redirect", "redirects to redirects"],
};

/** `broken link` */
export function nameOf(kind: FindingKind): string {
  return NAMES[kind][0];
}

/** `1 broken link`, `1,200 broken links` */
export function amount(count: number, kind: FindingKind): string {
  return number(count, ...NAMES[kind]);
}

export function number(count: number, one: string, several = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : several}`;
}

/** `3 broken links, 1 missing fragment`: those of a severity that there are. */
export function amounts({ counts }: CheckReport, severity: Severity): string {
  return FINDING_KINDS.filter((kind) => FINDINGS[kind].severity === severity && counts[kind] > 0)
    .map((kind) => amount(counts[kind], kind))
    .join(", ");
}

/** Links that were not followed, and judged all the same; and those that are none of the web. */
const JUDGED = new Set(["known", "bad-url", "unsupported-scheme"]);

/** `robots 3, nofollow 1`: why links were not checked. */
export function unchecked(report: CheckReport): string {
  return Object.entries(report.unchecked)
    .filter(([reason]) => !JUDGED.has(reason))
    .map(([reason, count]) => `${reason} ${count.toLocaleString("en")}`)
    .join(", ");
}

/** `https://example.org/page:12`, and `(a seed)` for what no page links to. */
export function where({ page, line }: Place): string {
  if (page === null) return "(a seed)";
  return line === null ? printable(page) : `${printable(page)}:${line}`;
}

/** The first of them, and how many others there are. */
export function first<T>(
  all: Iterable<T>,
  count: number,
  limit: number,
): { some: T[]; more: number } {
  const some: T[] = [];
  for (const one of all) {
    if (some.length === limit) break;
    some.push(one);
  }
  return { some, more: count - some.length };
}

/** What the reader must know before he believes that all is well; null: nothing. */
export function caveat({ partial }: CheckReport): string | null {
  return partial === null ? null : `Not all links were checked: ${partial}.`;
}

/** `No broken links`, and nothing better than is true. */
export function good({ pages }: CheckReport): string {
  return pages === 0 ? "No page could be checked" : "No broken links";
}
