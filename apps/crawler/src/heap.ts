/**
 * A priority queue of items by time: a binary heap, in which items of one time leave in the order
 * they came.
 */
export class Heap<T> {
  private readonly slots: { at: number; order: number; item: T }[] = [];
  private order = 0;

  get size(): number {
    return this.slots.length;
  }

  /** The earliest time, or Infinity when empty. */
  get nextAt(): number {
    return this.slots[0]?.at ?? Infinity;
  }

  push(at: number, item: T): void {
    const slots = this.slots;
    let child = slots.length;
    const slot = { at, order: this.order++, item };
    slots.push(slot);
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!isBefore(slot, slots[parent]!)) break;
      slots[child] = slots[parent]!;
      child = parent;
    }
    slots[child] = slot;
  }

  /** Removes the earliest item if its time has come. */
  popUntil(now: number): T | undefined {
    const slots = this.slots;
    const first = slots[0];
    if (first === undefined || first.at > now) return undefined;
    const last = slots.pop()!;
    if (slots.length > 0) {
      let parent = 0;
      for (;;) {
        let child = 2 * parent + 1;
        if (child >= slots.length) break;
        if (child + 1 < slots.length && isBefore(slots[child + 1]!, slots[child]!)) child++;
        if (!isBefore(slots[child]!, last)) break;
        slots[parent] = slots[child]!;
        parent = child;
      }
      slots[parent] = last;
    }
    return first.item;
  }
}

function isBefore(a: { at: number; order: number }, b: { at: number; order: number }): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
