import type { Skipped } from "../output.js";
import type { Tally } from "../tally.js";
import type { Selection, SkipRow } from "./snapshot.js";

/** Links that are kept for each reason. */
const EXAMPLES = 3;
const LONGEST = 2_000;

/** Why links were not followed: how often each reason was, and the newest links for each. */
export class SkipLog {
  private readonly counts: Tally;
  private readonly examples = new Map<string, { url: string; referrer: string | null }[]>();

  /** @param counts what counts them */
  constructor(counts: Tally) {
    this.counts = counts;
  }

  add({ url, reason, referrer }: Skipped): void {
    let examples = this.examples.get(reason);
    if (examples === undefined) this.examples.set(reason, (examples = []));
    examples.unshift({
      url: url.slice(0, LONGEST),
      referrer: referrer?.slice(0, LONGEST) ?? null,
    });
    examples.length = Math.min(examples.length, EXAMPLES);
  }

  get selection(): Selection<SkipRow> {
    const rows = Object.entries(this.counts.toObject())
      .map(([reason, count]) => ({ reason, count, examples: this.examples.get(reason) ?? [] }))
      .sort((a, b) => b.count - a.count);
    return { total: this.counts.total, matching: rows.length, rows };
  }
}
