/** A member of the list. */
interface Member<M> {
  older: M | null;
  newer: M | null;
}

/**
 * Greenlets that have not ended, oldest first. The greenlets themselves hold the links, so adding
 * and removing one takes O(1) and no further memory.
 */
export class Living<M extends Member<M>> implements Iterable<M> {
  private oldest: M | null = null;
  private newest: M | null = null;

  add(member: M): void {
    member.older = this.newest;
    if (this.newest === null) this.oldest = member;
    else this.newest.newer = member;
    this.newest = member;
  }

  remove(member: M): void {
    const { older, newer } = member;
    if (older === null) this.oldest = newer;
    else older.newer = newer;
    if (newer === null) this.newest = older;
    else newer.older = older;
    member.older = member.newer = null;
  }

  /** Whether there is just one. */
  get isSingle(): boolean {
    return this.oldest !== null && this.oldest === this.newest;
  }

  *[Symbol.iterator](): IterableIterator<M> {
    for (let member = this.oldest; member !== null; member = member.newer) yield member;
  }
}
