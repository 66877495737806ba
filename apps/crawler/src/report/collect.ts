import type { CheckReport } from "../check/finding.js";
import { FINDINGS } from "../check/finding.js";
import { first, nameOf, where } from "../check/formats/words.js";
import type { LinksRecord, PageRecord } from "../output.js";
import { withoutFragment } from "../url.js";
import { VERSION } from "../version.js";
import { Folders } from "./folders.js";
import { PageList } from "./page-list.js";
import type { ListedFinding, ReportData, SiteGraph } from "./report-data.js";
import { Sums } from "./sums.js";

/** What is listed of a crawl of any size: a browser must be able to open it. */
const MAX_FINDINGS = 2_000;
const MAX_PLACES = 20;
const MAX_PARTS = 80;
const MAX_EDGES = 800;

export interface ReportSource {
  pages(): Iterable<PageRecord>;
  links(): Iterable<LinksRecord>;
  readonly check: CheckReport;
  readonly made: Date;
}

/** Collects what a report shows of a crawl that has ended, in bounded memory. */
export function collectReport({ pages, links, check, made }: ReportSource): ReportData {
  const list = new PageList();
  const sums = new Sums();
  for (const page of pages()) {
    list.add(page);
    sums.add(page);
  }
  const graph = collectLinks(list, links());
  const { seeds, partial, durationMs, counts, unchecked } = check;
  return {
    seeds,
    made: made.toISOString(),
    version: VERSION,
    partial,
    durationMs,
    figures: sums.figures,
    pages: list.columns,
    findings: listFindings(check),
    counts,
    graph,
    skipped: Object.entries(unchecked).sort(([, a], [, b]) => b - a),
  };
}

function listFindings(check: CheckReport): ListedFinding[] {
  const { some } = first(check.findings(), 0, MAX_FINDINGS);
  return some.map(({ kind, target, detail, count, places }) => {
    const { severity, title } = FINDINGS[kind];
    const listed = first(places, count, MAX_PLACES).some.map(where);
    const name = nameOf(kind);
    return { kind, severity, name, title, target, detail, count, places: listed };
  });
}

/** Counts who links to whom: for each page, and between the parts of the site. */
function collectLinks(list: PageList, records: Iterable<LinksRecord>): SiteGraph {
  const { url, status } = list.columns;
  const folders = new Folders(url, MAX_PARTS);
  const count = folders.names.length;
  const parts = url.map((it) => folders.partOf(it));
  const counts = new Map<number, number>();
  for (const { page, references } of records) {
    const from = list.numberOf(page);
    // However often a page links to another, it is one page that does.
    // What is only in a sitemap is linked from no page.
    const links = references.filter(({ kind }) => kind !== "sitemap");
    const targets = new Set(links.map(({ href }) => list.numberOf(withoutFragment(href))));
    for (const to of targets) {
      if (to < 0 || to === from) continue;
      list.columns.linked[to]!++;
      if (from < 0) continue;
      const edge = parts[from]! * count + parts[to]!;
      counts.set(edge, (counts.get(edge) ?? 0) + 1);
    }
  }
  const nodes = folders.names.map((name) => ({ name, pages: 0, broken: 0 }));
  for (const [i, part] of parts.entries()) {
    nodes[part]!.pages++;
    if (status[i] === 0 || status[i]! >= 400) nodes[part]!.broken++;
  }
  return {
    nodes,
    edges: [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([edge, links]) => [Math.floor(edge / count), edge % count, links] as const)
      .filter(([from, to]) => from !== to)
      .slice(0, MAX_EDGES),
  };
}
