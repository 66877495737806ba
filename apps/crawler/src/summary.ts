import type { PageRecord } from "./output.js";
import { Tally } from "./tally.js";
import { TRAP_REASONS } from "./traps.js";

/** What may end a crawl while URLs are left. */
export type Limit = "max-pages" | "max-bytes" | "max-time";

/** What a crawl came to. Everything in it is a plain number or string, for `--json`. */
export interface Summary {
  /** Whether the crawl was stopped before it was finished. */
  readonly interrupted: boolean;
  /** Which limit ended it while URLs were left; null when none did. */
  readonly limit: Limit | null;
  /** URLs that ended with a response. */
  readonly pages: number;
  /** URLs that ended without one. */
  readonly failed: number;
  /**
   * `2xx`, `3xx` ... : URLs by the class of their last status. A 3xx is a redirect that was not
   * followed.
   */
  readonly statuses: Record<string, number>;
  /** URLs that failed, by error code. */
  readonly errors: Record<string, number>;
  /** Links not followed and URLs not fetched, by reason; a link counts each time it is found. */
  readonly skipped: Record<string, number>;
  /** Attempts beyond the first. */
  readonly retries: number;
  readonly hosts: number;
  /** Body bytes received. */
  readonly bytes: number;
  readonly peakInFlight: number;
  /** Hosts asked slowly or no more at the end, with the reason; the first ten. */
  readonly heldBack: Readonly<Record<string, string>>;
  readonly durationMs: number;
  readonly pagesPerSecond: number;
}

/** What the statistics do not know. */
type About = Pick<Summary, "interrupted" | "limit" | "hosts" | "peakInFlight" | "heldBack">;

/** What a later run goes on from. */
export interface SavedStatistics {
  readonly skipped: Record<string, number>;
  readonly statuses: Record<string, number>;
  readonly errors: Record<string, number>;
  readonly retries: number;
  readonly bytes: number;
  readonly elapsed: number;
}

/** What two workers have counted together. @param elapsed ms that both took */
export function addStatistics(
  one: SavedStatistics,
  other: SavedStatistics,
  elapsed: number,
): SavedStatistics {
  return {
    skipped: addCounts(one.skipped, other.skipped),
    statuses: addCounts(one.statuses, other.statuses),
    errors: addCounts(one.errors, other.errors),
    retries: one.retries + other.retries,
    bytes: one.bytes + other.bytes,
    elapsed,
  };
}

function addCounts(
  one: Record<string, number>,
  other: Record<string, number>,
): Record<string, number> {
  const sum = new Tally(one);
  for (const [name, count] of Object.entries(other)) sum.add(name, count);
  return sum.toObject();
}

/** Counts a crawl while it runs. */
export class Statistics {
  readonly skipped: Tally;
  private readonly statuses: Tally;
  private readonly errors: Tally;
  private readonly started: number;
  retries: number;
  bytes: number;

  constructor(saved?: SavedStatistics) {
    this.skipped = new Tally(saved?.skipped);
    this.statuses = new Tally(saved?.statuses);
    this.errors = new Tally(saved?.errors);
    this.retries = saved?.retries ?? 0;
    this.bytes = saved?.bytes ?? 0;
    this.started = performance.now() - (saved?.elapsed ?? 0);
  }

  get pages(): number {
    return this.statuses.total;
  }

  get failed(): number {
    return this.errors.total;
  }

  get saved(): SavedStatistics {
    return {
      skipped: this.skipped.toObject(),
      statuses: this.statuses.toObject(),
      errors: this.errors.toObject(),
      retries: this.retries,
      bytes: this.bytes,
      elapsed: Math.round(this.elapsed),
    };
  }

  /** Milliseconds that the crawl has been running, in this run and those before. */
  get elapsed(): number {
    return performance.now() - this.started;
  }

  count(record: PageRecord): void {
    this.bytes += record.bytes;
    if (record.error !== null) this.errors.add(record.error);
    else this.statuses.add(`${Math.floor((record.status ?? 0) / 100)}xx`);
  }

  summary(about: About): Summary {
    const durationMs = Math.round(this.elapsed);
    return {
      interrupted: about.interrupted,
      limit: about.limit,
      pages: this.pages,
      failed: this.failed,
      statuses: this.statuses.toObject(),
      errors: this.errors.toObject(),
      skipped: this.skipped.toObject(),
      retries: this.retries,
      hosts: about.hosts,
      bytes: this.bytes,
      peakInFlight: about.peakInFlight,
      heldBack: about.heldBack,
      durationMs,
      pagesPerSecond: Math.round((this.pages * 10_000) / Math.max(1, durationMs)) / 10,
    };
  }
}

/** The summary for people: a few lines, each ending in a newline. */
export function formatSummary(summary: Summary): string {
  const seconds = (summary.durationMs / 1000).toFixed(1);
  const rows: [string, string][] = [
    ["pages", `${summary.pages} in ${seconds} s (${summary.pagesPerSecond} pages/s)`],
    ["status", formatCounts(summary.statuses)],
    ["failed", `${summary.failed}${details(summary.errors)}`],
    ["skipped", formatCounts(summary.skipped)],
    ["retries", String(summary.retries)],
    ["hosts", String(summary.hosts)],
    ["received", formatBytes(summary.bytes)],
    ["peak in flight", String(summary.peakInFlight)],
  ];
  const traps = TRAP_REASONS.filter((reason) => summary.skipped[reason] !== undefined);
  if (traps.length > 0) {
    const example = `--trap ${traps[0]}=n`;
    rows.push([
      "not followed",
      `what seems to have no end: ${traps.join(", ")} (${example} goes further)`,
    ]);
  }
  for (const [host, reason] of Object.entries(summary.heldBack))
    rows.push(["held back", reason.startsWith(host) ? reason : `${host}, ${reason}`]);
  return `Crawl ${howEnded(summary)}\n${rows.map(([name, value]) => `  ${name.padEnd(15)} ${value}\n`).join("")}`;
}

/** Why URLs may be missing in all that is made of the crawl; null when none are. */
export function whyPartial({ interrupted, limit }: Summary): string | null {
  if (interrupted) return "the crawl was interrupted";
  return limit === null ? null : `--${limit} ended the crawl`;
}

function howEnded({ interrupted, limit }: Summary): string {
  if (interrupted) return "interrupted";
  return limit === null ? "finished" : `ended by --${limit}`;
}

/** `1.5 MB`: decimal units, one digit after the point. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < units.length - 1; unit++) bytes /= 1000;
  return `${unit === 0 ? bytes : bytes.toFixed(1)} ${units[unit]}`;
}

function formatCounts(counts: Record<string, number>): string {
  const parts = Object.entries(counts).map(([name, count]) => `${name} ${count}`);
  return parts.length === 0 ? "none" : parts.join(", ");
}

function details(counts: Record<string, number>): string {
  return Object.keys(counts).length === 0 ? "" : ` (${formatCounts(counts)})`;
}
