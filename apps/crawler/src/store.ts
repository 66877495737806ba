/** A URL that waits to be fetched, as a store keeps it. */
export interface StoredEntry {
  /** Counts up through the whole crawl: the order in which URLs were found; names the entry. */
  readonly seq: number;
  /** Host name and port: whose queue it stands in. */
  readonly host: string;
  readonly url: string;
  /** Links from a seed. */
  readonly depth: number;
  /** The page on which the URL was found first; null for a seed. */
  readonly referrer: string | null;
}

/** What happened since the last commit. */
export interface Changes {
  /** URLs found: known from now on, and queued. */
  readonly added: readonly StoredEntry[];
  /** URLs known from now on without being queued: where redirects led. */
  readonly known: readonly string[];
  /** Entries that are fetched, failed or skipped. They may be among the added ones. */
  readonly ended: readonly StoredEntry[];
}

/** A host in whose queue something waits. */
export interface StoredHost {
  readonly host: string;
  /** `seq` of its last entry. */
  readonly newest: number;
}

/**
 * Where a crawl is kept: which URLs are known, and each host's queue of those that wait. A URL that
 * is being fetched stays in its queue until it has ended, so a process that dies gives back all it
 * had in flight.
 *
 * One process at a time uses a store. All methods may block the greenlet, `has` alone may not.
 * Seven promises, each of them tested by `describeStore` (store-suite.ts):
 *
 * - `state` MUST be that of the last commit, undefined when there was none.
 * - `commit` MUST make all of it durable, or nothing, and return when it is; killing the process at
 *   any moment leaves one or the other.
 * - `commit` MUST queue what is added before it removes what has ended.
 * - `has` MUST tell true for every URL that a commit has made known, whether it waits or has ended.
 * - `read` MUST give a host's entries in the order of `seq`, from the first one after `after`.
 * - `hosts` MUST name each host in whose queue something waits, once, and nothing else.
 * - `queued` MUST be the number of all entries that wait.
 */
export interface Store {
  readonly state: unknown;
  readonly queued: number;
  has(url: string): boolean;
  hosts(): Iterable<StoredHost>;
  read(host: string, after: number, count: number): StoredEntry[];
  /** @param state anything JSON can say; kept beside the queues, and given back by `state` */
  commit(changes: Changes, state: unknown): void;
  close(): void;
}
