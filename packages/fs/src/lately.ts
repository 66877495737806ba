/** Milliseconds for which what was read is taken to be in memory still. */
const MOMENT = 1000;
/** How old an entry may become before it is made anew: most calls then change nothing. */
const FRESH = MOMENT / 4;
/** So many at least are remembered, and twice as many at most. */
const MANY = 5000;

/**
 * The paths of which something was found in memory, or read, a moment ago; bounded. `now` is that
 * of `performance`.
 */
export class Lately {
  private times = new Map<string, number>();
  private older = new Map<string, number>();

  has(path: string, now: number): boolean {
    return now - this.timeOf(path) < MOMENT;
  }

  add(path: string, now: number): void {
    if (now - this.timeOf(path) < FRESH) return;
    // Whole maps are dropped: to find the oldest of one takes long where many have gone.
    if (this.times.size >= MANY) {
      this.older = this.times;
      this.times = new Map();
    }
    this.times.set(path, now);
  }

  clear(): void {
    this.times.clear();
    this.older.clear();
  }

  private timeOf(path: string): number {
    return this.times.get(path) ?? this.older.get(path) ?? -Infinity;
  }
}
