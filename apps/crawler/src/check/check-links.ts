import type { LinksRecord, PageRecord } from "../output.js";
import { type Summary, whyPartial } from "../summary.js";
import { examine, type ExamineOptions } from "./examine.js";
import type { CheckReport } from "./finding.js";
import { Ledger } from "./ledger.js";

/** A crawl that has ended, and that wrote its `pages` and `links`. */
export interface CheckedCrawl {
  /** Where there is room for what is found; null: in the system's folder for that. */
  readonly folder: string | null;
  readonly summary: Summary;
  journal<T>(name: string): Iterable<T>;
}

/**
 * Judges the links of a crawl. May block.
 *
 * @param use gets the report, which is there until it returns
 * @throws OutputError when the crawl has not written what it needs
 */
export function checkLinks<T>(
  { folder, summary, journal }: CheckedCrawl,
  options: ExamineOptions,
  use: (report: CheckReport) => T,
): T {
  const ledger = new Ledger(folder ?? undefined);
  try {
    const journals = {
      pages: () => journal<PageRecord>("pages"),
      links: () => journal<LinksRecord>("links"),
    };
    const { seeds, pages, links, urls, uncertain } = examine(journals, ledger, options);
    return use({
      seeds,
      partial: whyPartial(summary),
      durationMs: summary.durationMs,
      pages,
      links,
      urls,
      unchecked: { ...summary.skipped, ...(uncertain > 0 ? { "not readable": uncertain } : {}) },
      counts: ledger.counts,
      findings: () => ledger.findings(),
    });
  } finally {
    ledger.close();
  }
}
