/** A map of so many entries: a new one replaces the one that was not used for the longest time. */
export class Recent<K, V> {
  private readonly limit: number;
  private readonly entries = new Map<K, V>();
  /** Often the next one that is asked for, too. */
  private newest: K | undefined;

  constructor(limit: number) {
    this.limit = limit;
  }

  get(key: K): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined && key !== this.newest) this.set(key, value);
    return value;
  }

  /** A copy: what is asked for while going through them changes their order. */
  keys(): K[] {
    return [...this.entries.keys()];
  }

  /** A copy of all that there is, which uses none of it. */
  newestFirst(): [K, V][] {
    return [...this.entries].reverse();
  }

  set(key: K, value: V): void {
    this.newest = key;
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.limit) this.entries.delete(this.entries.keys().next().value!);
  }
}
