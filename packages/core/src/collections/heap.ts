/**
 * A binary heap: the least item comes out first, equal ones in the order in which they came. O(log
 * n).
 */
export class Heap<T> {
  private readonly items: { readonly item: T; readonly order: number }[] = [];
  private readonly compare: (a: T, b: T) => number;
  private count = 0;

  /** @param compare negative when `a` comes first, as for `sort`. */
  constructor(compare: (a: T, b: T) => number) {
    this.compare = compare;
  }

  get length(): number {
    return this.items.length;
  }

  peek(): T | undefined {
    return this.items[0]?.item;
  }

  push(item: T): void {
    const { items } = this;
    items.push({ item, order: this.count++ });
    for (let at = items.length - 1; at > 0;) {
      const above = (at - 1) >> 1;
      if (!this.before(at, above)) return;
      this.swap(at, above);
      at = above;
    }
  }

  shift(): T | undefined {
    const { items } = this;
    const least = items[0];
    const last = items.pop();
    if (least === undefined || last === undefined) return undefined;
    if (items.length > 0) {
      items[0] = last;
      this.sink();
    }
    return least.item;
  }

  private sink(): void {
    for (let at = 0; ;) {
      let least = at;
      for (const below of [2 * at + 1, 2 * at + 2]) {
        if (below < this.items.length && this.before(below, least)) least = below;
      }
      if (least === at) return;
      this.swap(at, least);
      at = least;
    }
  }

  private before(a: number, b: number): boolean {
    const [one, other] = [this.items[a], this.items[b]] as [
      (typeof this.items)[number],
      (typeof this.items)[number],
    ];
    return (this.compare(one.item, other.item) || one.order - other.order) < 0;
  }

  private swap(a: number, b: number): void {
    const { items } = this;
    [items[a], items[b]] = [items[b] as (typeof items)[number], items[a] as (typeof items)[number]];
  }
}
