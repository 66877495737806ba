import type { Percentiles } from "./snapshot.js";

/** Each power of two is divided into so many buckets: a value is known to within 1/16 of itself. */
const PARTS_LOG = 4;
const PARTS = 2 ** PARTS_LOG;
/** Values are counted in tenths of a ms, up to 2^24 of them: 28 minutes. */
const UNIT = 0.1;
const LARGEST = 2 ** 24 - 1;
const BUCKETS = bucketOf(LARGEST) + 1;

/**
 * Counts times in ms in a fixed number of buckets, each as wide as 1/16 of the values in it, as an
 * HDR histogram does. It takes 1.4 KB however many values there are.
 */
export class Histogram {
  private readonly counts = new Uint32Array(BUCKETS);
  private sum = 0;

  get count(): number {
    return this.sum;
  }

  /** Longer ones are counted as 28 minutes. */
  record(ms: number): void {
    const bucket = bucketOf(Math.min(LARGEST, Math.max(0, Math.round(ms / UNIT))));
    this.counts[bucket]!++;
    this.sum++;
  }

  add(other: Histogram): void {
    for (let i = 0; i < BUCKETS; i++) this.counts[i]! += other.counts[i]!;
    this.sum += other.sum;
  }

  clear(): void {
    this.counts.fill(0);
    this.sum = 0;
  }

  /** The value, in ms, that this share of all values does not exceed; 0 when there is none. */
  percentile(share: number): number {
    const rank = Math.max(1, Math.ceil(this.sum * share));
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      below += this.counts[bucket]!;
      if (below >= rank) return middleOf(bucket);
    }
    return 0;
  }

  get percentiles(): Percentiles {
    const [p50, p90, p99] = [0.5, 0.9, 0.99].map((share) => this.percentile(share));
    return { count: this.sum, p50: p50!, p90: p90!, p99: p99! };
  }

  /**
   * The share of values in each bar.
   * @param bars where each begins, in ms, in rising order; the last one has no end
   */
  shares(bars: readonly number[]): number[] {
    const shares = bars.map(() => 0);
    if (this.sum === 0) return shares;
    let bar = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const middle = middleOf(bucket);
      while (bar + 1 < bars.length && bars[bar + 1]! <= middle) bar++;
      shares[bar]! += this.counts[bucket]! / this.sum;
    }
    return shares;
  }
}

/** Below 16 units each has a bucket of its own; from there each power of two has 16. */
function bucketOf(units: number): number {
  const shift = Math.max(0, 31 - Math.clz32(units) - PARTS_LOG);
  return shift * PARTS + (units >> shift);
}

/** In ms. */
function middleOf(bucket: number): number {
  const shift = Math.max(0, Math.floor(bucket / PARTS) - 1);
  const first = (bucket - shift * PARTS) * 2 ** shift;
  return (first + (2 ** shift - 1) / 2) * UNIT;
}
