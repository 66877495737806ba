import type { FindingKind, Severity } from "../check/finding.js";

/**
 * What the page of a report is made of. Lists are by column, and names by number: a report of
 * 100,000 pages is a file that can be mailed.
 */
export interface ReportData {
  /** Seeds of the crawl, the first ten. */
  readonly seeds: readonly string[];
  /** When the report was made, in ISO 8601. */
  readonly made: string;
  readonly version: string;
  /** Why it is not of the whole site; null: it is. */
  readonly partial: string | null;
  readonly durationMs: number;
  /** Of all URLs that ended, listed or not. */
  readonly figures: Figures;
  readonly pages: PageColumns;
  readonly findings: readonly ListedFinding[];
  readonly counts: Readonly<Record<FindingKind, number>>;
  readonly graph: SiteGraph;
  /** Why links were not followed: reason, count. */
  readonly skipped: readonly (readonly [reason: string, count: number])[];
}

/** Sums that hold however many URLs there are. */
export interface Figures {
  readonly urls: number;
  readonly bytes: number;
  /** By `200`, `404`, or the code of the error. */
  readonly statuses: readonly (readonly [status: string, count: number])[];
  /** By media type: how many, and their bytes. */
  readonly types: readonly (readonly [type: string, count: number, bytes: number])[];
  /** By depth. */
  readonly depths: readonly number[];
  /** How many URLs took up to `10^(i/10)` ms; the last: or longer. */
  readonly latencies: readonly number[];
}

/** URLs that are listed, in the order in which they ended; each column has a value for each. */
export interface PageColumns {
  readonly url: readonly string[];
  /** HTTP status; 0 when there was none. */
  readonly status: readonly number[];
  /** Into `types`, -1 for none. */
  readonly type: readonly number[];
  readonly bytes: readonly number[];
  readonly ms: readonly number[];
  readonly depth: readonly number[];
  /** Links on the page. */
  readonly links: readonly number[];
  /** Pages that link to it. */
  readonly linked: readonly number[];
  readonly title: readonly (string | null)[];
  /** Page on which it was found, by number; -1: none that is listed. */
  readonly referrer: readonly number[];
  readonly types: readonly string[];
  /** Where it was redirected: only of those that were. */
  readonly redirects: Readonly<Record<number, string>>;
  /** Code and message: only of those that failed. */
  readonly errors: Readonly<Record<number, readonly [code: string, message: string]>>;
}

export interface ListedFinding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** What one of the kind is called, and all of them. */
  readonly name: string;
  readonly title: string;
  readonly target: string;
  readonly detail: string;
  /** How many pages link there; the first of them are `places`. */
  readonly count: number;
  readonly places: readonly string[];
}

/** Folders and pages of the site, and how they link to each other. */
export interface SiteGraph {
  readonly nodes: readonly GraphNode[];
  /** From and to by number, and how many links. The strongest. */
  readonly edges: readonly (readonly [from: number, to: number, links: number])[];
}

export interface GraphNode {
  /** `example.org/docs/`: a folder, or the rest of it; `example.org/about`: a page. */
  readonly name: string;
  readonly pages: number;
  /** Pages that failed, or answered from 400 up. */
  readonly broken: number;
}
