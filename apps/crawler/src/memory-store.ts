import type { Changes, Store, StoredEntry, StoredHost } from "./store.js";

/** A store that ends with the process. */
export class MemoryStore implements Store {
  state: unknown = undefined;
  queued = 0;
  private readonly known = new Set<string>();
  private readonly queues = new Map<string, Map<number, StoredEntry>>();

  has(url: string): boolean {
    return this.known.has(url);
  }

  *hosts(): Iterable<StoredHost> {
    for (const [host, queue] of this.queues) yield { host, newest: Math.max(...queue.keys()) };
  }

  read(host: string, after: number, count: number): StoredEntry[] {
    const found: StoredEntry[] = [];
    // Entries come and go in the order of `seq`: what is skipped here is in flight, so a few.
    for (const [seq, entry] of this.queues.get(host) ?? []) {
      if (found.length === count) break;
      if (seq > after) found.push(entry);
    }
    return found;
  }

  commit(changes: Changes, state: unknown): void {
    for (const entry of changes.added) {
      this.known.add(entry.url);
      const queue = this.queues.get(entry.host);
      if (queue === undefined) this.queues.set(entry.host, new Map([[entry.seq, entry]]));
      else queue.set(entry.seq, entry);
    }
    for (const url of changes.known) this.known.add(url);
    for (const { host, seq } of changes.ended) {
      const queue = this.queues.get(host);
      if (queue?.delete(seq) && queue.size === 0) this.queues.delete(host);
    }
    this.queued += changes.added.length - changes.ended.length;
    this.state = state;
  }

  close(): void {}
}
