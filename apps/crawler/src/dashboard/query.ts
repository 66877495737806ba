import type { Selection } from "./snapshot.js";

// Used by the server while the crawl runs, and by the page when it has ended.

export interface Query {
  /** Only rows that have this in them, in capitals or not. */
  readonly filter: string;
  /** Name of the column to sort by. */
  readonly sort: string;
  readonly descending: boolean;
  /** Rows at most. */
  readonly limit: number;
}

export type Value = number | string | boolean | null;

/** What a query sees of the rows of one table. */
export interface Fields<T> {
  /** What the filter looks at. */
  text(row: T): string;
  value(row: T, sort: string): Value;
}

/** The first rows that a query asks for, without sorting all of them. */
export function select<T>(all: Iterable<T>, query: Query, fields: Fields<T>): Selection<T> {
  const { sort, limit } = query;
  const filter = query.filter.toLowerCase();
  const sign = query.descending ? -1 : 1;
  const compare = (a: T, b: T): number =>
    sign * order(fields.value(a, sort), fields.value(b, sort));
  let total = 0;
  let matching = 0;
  const kept: T[] = [];
  for (const row of all) {
    total++;
    if (filter !== "" && !fields.text(row).toLowerCase().includes(filter)) continue;
    matching++;
    kept.push(row);
    if (kept.length >= 2 * limit + 100) shorten(kept, limit, compare);
  }
  shorten(kept, limit, compare);
  return { total, matching, rows: kept };
}

function shorten<T>(rows: T[], limit: number, compare: (a: T, b: T) => number): void {
  rows.sort(compare);
  rows.length = Math.min(rows.length, limit);
}

/** Nothing comes behind everything. */
function order(a: Value, b: Value): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return a < b ? -1 : 1;
}
