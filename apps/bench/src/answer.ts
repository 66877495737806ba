import type { Figure } from "./figure.js";

export interface Row {
  readonly key: string;
  readonly label: string;
  /** What the row means, in a sentence. */
  readonly meaning: string;
}

export interface Table {
  readonly title: string;
  readonly unit: string;
  readonly rows: readonly Row[];
  /** They may be below 0, and their ratios say nothing. */
  readonly differences?: boolean;
}

/** What was found: figures by who and key, or the reason why there is none. */
export interface Answer {
  readonly name: string;
  readonly asks: string;
  readonly tables: readonly Table[];
  readonly figures: Record<string, Record<string, Figure>>;
  readonly missing: Record<string, Record<string, string>>;
}
