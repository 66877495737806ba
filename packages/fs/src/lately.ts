/** Milliseconds for which what was read is taken to be in memory still. */
const MOMENT = 1000;
/** How old an entry may become before it is made anew: most calls then change nothing. */
const FRESH = MOMENT / 4;
const MOST = 10_000;

/**
 * The paths of which something was found in memory, or read, a moment ago; bounded. `now` is that
 * of `performance`.
 */
export class Lately {
  private readonly times = new Map<string, number>();

  has(path: string, now: number): boolean {
    const time = this.times.get(path);
    return time !== undefined && now - time < MOMENT;
  }

  add(path: string, now: number): void {
    const time = this.times.get(path);
    if (time !== undefined) {
      if (now - time < FRESH) return;
      this.times.delete(path); // to stand behind those that are older
    } else if (this.times.size >= MOST) this.dropOldest();
    this.times.set(path, now);
  }

  clear(): void {
    this.times.clear();
  }

  private dropOldest(): void {
    const [oldest] = this.times.keys();
    if (oldest !== undefined) this.times.delete(oldest);
  }
}
