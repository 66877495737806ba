/**
 * First in, first out, in a ring that doubles when full: O(1), no allocation in the steady state.
 */
export class Fifo<T> {
  private ring: (T | undefined)[] = Array.from({ length: 16 });
  private head = 0;
  private count = 0;

  get length(): number {
    return this.count;
  }

  push(item: T): void {
    if (this.count === this.ring.length) this.grow();
    this.ring[(this.head + this.count) & (this.ring.length - 1)] = item;
    this.count++;
  }

  /** The one that `shift` would give. */
  peek(): T | undefined {
    return this.ring[this.head];
  }

  shift(): T | undefined {
    if (this.count === 0) return undefined;
    const item = this.ring[this.head];
    this.ring[this.head] = undefined;
    this.head = (this.head + 1) & (this.ring.length - 1);
    this.count--;
    return item;
  }

  private grow(): void {
    const { ring, head } = this;
    this.ring = [...ring.slice(head), ...ring.slice(0, head), ...Array.from(ring, () => undefined)];
    this.head = 0;
  }
}
