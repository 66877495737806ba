import { Histogram } from "./histogram.js";

const PARTS = 6;
/** Ms in one part. */
const PART = 10_000;

/** The values of the last minute, to within ten seconds, and of the whole time. */
export class RollingHistogram {
  readonly whole: Histogram = new Histogram();
  private readonly parts = Array.from({ length: PARTS }, () => new Histogram());
  private readonly sum = new Histogram();
  /** Ordinal number of the part that values go into. */
  private newest = 0;

  /** @param now in ms, never less than before */
  record(value: number, now: number): void {
    this.turn(now);
    this.whole.record(value);
    this.parts[this.newest % PARTS]!.record(value);
  }

  /** Belongs to this object, and is what it was until the next call. */
  lastMinute(now: number): Histogram {
    this.turn(now);
    this.sum.clear();
    for (const part of this.parts) this.sum.add(part);
    return this.sum;
  }

  private turn(now: number): void {
    const part = Math.floor(now / PART);
    const from = Math.max(this.newest + 1, part - PARTS + 1);
    for (let old = from; old <= part; old++) this.parts[old % PARTS]!.clear();
    this.newest = Math.max(this.newest, part);
  }
}
