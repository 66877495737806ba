import type { RequestHead } from "./request-head.js";

/**
 * Headers that came with a request, by name in any case. Its methods are those of the Fetch
 * standard's `Headers` that read.
 */
export class RequestHeaders implements Iterable<[name: string, value: string]> {
  private readonly head: RequestHead | null;
  private readonly pairs: readonly string[];
  private all: Map<string, string> | null = null;

  /** @internal @param pairs name, value, name, value ... when they are not of a head. */
  constructor(head: RequestHead | null, pairs: readonly string[] = []) {
    this.head = head;
    this.pairs = pairs;
  }

  /** The value; several are joined by ", ", those of Cookie by "; ". Null if there is none. */
  get(name: string): string | null {
    return this.map().get(name) ?? this.map().get(name.toLowerCase()) ?? null;
  }

  has(name: string): boolean {
    return this.get(name) !== null;
  }

  forEach(fn: (value: string, name: string, headers: this) => void): void {
    for (const [name, value] of this) fn(value, name, this);
  }

  /** Names in lower case, in the order in which they came. */
  keys(): MapIterator<string> {
    return this.map().keys();
  }

  values(): MapIterator<string> {
    return this.map().values();
  }

  entries(): MapIterator<[string, string]> {
    return this.map().entries();
  }

  [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  /** As an object of its own, without a prototype: a header may be called "constructor". */
  toJSON(): Record<string, string> {
    return Object.assign(Object.create(null) as Record<string, string>, Object.fromEntries(this));
  }

  private map(): Map<string, string> {
    return (this.all ??= this.collect());
  }

  private collect(): Map<string, string> {
    const all = new Map<string, string>();
    const { head, pairs } = this;
    for (let i = 0; i < (head?.size ?? 0); i++) {
      add(all, (head as RequestHead).nameOf(i), (head as RequestHead).valueOf(i));
    }
    for (let i = 0; i < pairs.length; i += 2) {
      add(all, (pairs[i] as string).toLowerCase(), (pairs[i + 1] as string).trim());
    }
    return all;
  }
}

function add(all: Map<string, string>, name: string, value: string): void {
  const before = all.get(name);
  const separator = name === "cookie" ? "; " : ", ";
  all.set(name, before === undefined ? value : `${before}${separator}${value}`);
}
