/** Counts by name: `new Tally().add("timeout")`. */
export class Tally {
  private readonly counts: Map<string, number>;

  constructor(counts: Readonly<Record<string, number>> = {}) {
    this.counts = new Map(Object.entries(counts));
  }

  add(name: string, count = 1): void {
    this.counts.set(name, this.get(name) + count);
  }

  get(name: string): number {
    return this.counts.get(name) ?? 0;
  }

  get total(): number {
    let total = 0;
    for (const count of this.counts.values()) total += count;
    return total;
  }

  /** Names in alphabetical order. */
  toObject(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }
}
