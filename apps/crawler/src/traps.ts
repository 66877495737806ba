/** Why a URL looks like one of endlessly many. */
export type TrapReason = "url-too-long" | "repeated-segments" | "too-many-queries" | "calendar";

export interface TrapOptions {
  /** Longest URL that is followed, in characters. */
  readonly maxUrlLength?: number;
  /** How often one segment may occur in a path. */
  readonly maxSegmentRepeats?: number;
  /** Query strings that are followed for one path. */
  readonly maxQueriesPerPath?: number;
  /** The year in which the crawl takes place: calendars are cut a year after it. */
  readonly year?: number;
}

/**
 * Recognises the places where a site goes on for ever: links that grow, links to themselves below
 * themselves, filters combined in every way, calendars.
 */
export class Traps {
  private readonly maxUrlLength: number;
  private readonly maxSegmentRepeats: number;
  private readonly maxQueriesPerPath: number;
  private readonly lastYear: number;
  private readonly queries = new Map<string, number>();

  constructor(options: TrapOptions = {}) {
    this.maxUrlLength = options.maxUrlLength ?? 2_000;
    this.maxSegmentRepeats = options.maxSegmentRepeats ?? 3;
    this.maxQueriesPerPath = options.maxQueriesPerPath ?? 100;
    this.lastYear = (options.year ?? new Date().getFullYear()) + 1;
  }

  /**
   * Ask once for each URL that is new: a URL with a query that passes is counted against its path.
   *
   * @returns null when the URL looks ordinary
   */
  check(url: URL): TrapReason | null {
    if (url.href.length > this.maxUrlLength) return "url-too-long";
    if (this.repeats(url.pathname)) return "repeated-segments";
    if (this.isFarDate(url.pathname + url.search)) return "calendar";
    if (url.search === "") return null;
    const path = url.origin + url.pathname;
    const queries = this.queries.get(path) ?? 0;
    if (queries >= this.maxQueriesPerPath) return "too-many-queries";
    this.queries.set(path, queries + 1);
    return null;
  }

  private repeats(pathname: string): boolean {
    const counts = new Map<string, number>();
    for (const segment of pathname.split("/")) {
      if (segment === "") continue;
      const count = (counts.get(segment) ?? 0) + 1;
      if (count > this.maxSegmentRepeats) return true;
      counts.set(segment, count);
    }
    return false;
  }

  /**
   * A year and a month as `2031/07` or `2031-07`, later than next year: only a calendar that never
   * ends links there.
   */
  private isFarDate(path: string): boolean {
    const date = /(?<!\d)(\d{4})[/-](?:0?[1-9]|1[0-2])(?!\d)/.exec(path);
    return date !== null && Number(date[1]) > this.lastYear && Number(date[1]) < 3000;
  }
}
