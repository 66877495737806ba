/** So many are kept before the older ones go. */
const GENERATION = 100_000;

/** A set that forgets: what was added before the last rotation but one. */
export class RecentSet {
  private young = new Set<string>();
  private old = new Set<string>();

  has(item: string): boolean {
    return this.young.has(item) || this.old.has(item);
  }

  add(item: string): void {
    this.young.add(item);
  }

  /** Forgets the older half, when there is enough that is younger. */
  rotate(): void {
    if (this.young.size < GENERATION) return;
    this.old = this.young;
    this.young = new Set();
  }
}
