/** A set that forgets: what was added before the last rotation but one. */
export class RecentSet {
  private readonly generation: number;
  private young = new Set<string>();
  private old = new Set<string>();

  /** @param generation so many items are added between two rotations, at least */
  constructor(generation = 100_000) {
    this.generation = generation;
  }

  has(item: string): boolean {
    return this.young.has(item) || this.old.has(item);
  }

  add(item: string): this {
    this.young.add(item);
    return this;
  }

  /** Forgets the older items, when there are enough that are younger. */
  rotate(): void {
    if (this.young.size < this.generation) return;
    this.old = this.young;
    this.young = new Set();
  }
}
