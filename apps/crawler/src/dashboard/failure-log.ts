import type { PageRecord } from "../output.js";
import { type Query, select } from "./query.js";
import type { FailureRow, Selection } from "./snapshot.js";

/** Failures that are kept. */
const KEPT = 1_000;
/** Characters of a URL or a message that are kept: hostile ones may be long. */
const LONGEST = 2_000;

/** The newest URLs that failed, or that answered with an error. */
export class FailureLog {
  private readonly rows: FailureRow[] = [];
  private count = 0;

  /** @param at ms since the crawl began */
  add({ url, error, status, message, referrer, attempts }: PageRecord, at: number): void {
    this.count++;
    this.rows.push({
      number: this.count,
      url: url.slice(0, LONGEST),
      code: error ?? String(status),
      message: (message ?? "").slice(0, LONGEST),
      referrer: referrer?.slice(0, LONGEST) ?? null,
      attempts,
      at,
    });
    if (this.rows.length >= 2 * KEPT) this.rows.splice(0, KEPT);
  }

  /** The total counts those that are not kept any more, too. */
  select(query: Query): Selection<FailureRow> {
    const selection = select(this.rows, query, FIELDS);
    return { ...selection, total: this.count };
  }
}

const FIELDS = {
  text: ({ url, code, message, referrer }: FailureRow): string =>
    `${url}\n${code}\n${message}\n${referrer ?? ""}`,
  value: (row: FailureRow, sort: string): string | number =>
    row[sort as "url" | "code" | "attempts" | "at" | "number"] ?? row.number,
};
