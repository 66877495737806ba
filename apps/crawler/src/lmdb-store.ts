import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { constants } from "node:os";
import { wait } from "greenlit";
import type { Database, RootDatabase } from "lmdb";
import type { Changes, Store, StoredEntry, StoredHost } from "./store.js";

/** LMDB takes keys of 1,978 bytes; all of a URL is ASCII. */
const LONGEST_KEY = 1_900;
const NOTHING = Buffer.alloc(0);
const require = createRequire(import.meta.url);

/**
 * A store in a folder, by LMDB: a B-tree in a file mapped into memory, whose commits are atomic
 * whatever happens to the process.
 *
 *     known   url -> ""                                  every URL ever found
 *     queue   [host, seq] -> [url, depth, referrer]      those that wait
 *     meta    "state" -> state
 *
 * URLs are keys as they are, not as digests: those of one site are neighbours in the tree, so that
 * a commit of many touches few of its pages.
 */
export class LmdbStore implements Store {
  private readonly environment: RootDatabase;
  private readonly known: Database<Buffer, string>;
  private readonly queue: Database<[string, number, string | null], [string, number]>;
  private readonly meta: Database<unknown, string>;

  /** @throws Error when the folder cannot be made or read */
  constructor(folder: string) {
    // Loaded when a crawl is kept: others need not wait for it.
    const { open } = require("lmdb") as typeof import("lmdb");
    this.environment = open({
      path: folder,
      maxDbs: 3,
      noSubdir: false,
      overlappingSync: false, // a commit is on the disk when it is done
      // There are transactions only. With it, LMDB makes a promise for the turn of the event loop,
      // which ends the process when it is rejected, because nobody can get hold of it.
      eventTurnBatching: false,
    });
    this.known = this.environment.openDB("known", { encoding: "binary" });
    this.queue = this.environment.openDB("queue", { encoding: "json" });
    this.meta = this.environment.openDB("meta", { encoding: "json" });
  }

  get state(): unknown {
    return this.meta.get("state");
  }

  get queued(): number {
    return (this.queue.getStats() as { entryCount: number }).entryCount;
  }

  has(url: string): boolean {
    return this.known.doesExist(keyOf(url));
  }

  *hosts(): Iterable<StoredHost> {
    let start: [string, number] | undefined;
    for (;;) {
      // Backwards, from each host's last entry over all its others to the host before.
      const options = { reverse: true, limit: 1, ...(start === undefined ? {} : { start }) };
      const [last] = this.queue.getKeys(options);
      if (last === undefined) return;
      const [host, newest] = last;
      yield { host, newest };
      start = [host, -1];
    }
  }

  read(host: string, after: number, count: number): StoredEntry[] {
    const range = this.queue.getRange({
      start: [host, after + 1],
      end: [host, Infinity],
      limit: count,
    });
    const entries: StoredEntry[] = [];
    for (const { key, value } of range) {
      const [url, depth, referrer] = value;
      entries.push({ seq: key[1], host, url, depth, referrer });
    }
    return entries;
  }

  /** Brought to the disk by a thread of LMDB's own while other greenlets run. */
  commit(changes: Changes, state: unknown): void {
    const transaction = this.environment.transaction(() => {
      for (const { seq, host, url, depth, referrer } of changes.added) {
        void this.known.put(keyOf(url), NOTHING);
        void this.queue.put([host, seq], [url, depth, referrer]);
      }
      for (const url of changes.known) void this.known.put(keyOf(url), NOTHING);
      for (const { host, seq } of changes.ended) void this.queue.remove([host, seq]);
      void this.meta.put("state", state);
    });
    const error = wait(transaction.then(() => null, causeOf));
    if (error !== null) throw error;
  }

  close(): void {
    wait(this.environment.close().catch(() => {})); // the error of the last commit, told already
  }
}

export function keyOf(url: string): string {
  if (url.length <= LONGEST_KEY) return url;
  return `sha256:${createHash("sha256").update(url).digest("base64url")}`;
}

/** A transaction fails with an error of no meaning, which has a promise of the true one. */
async function causeOf(reason: Error & { commitError?: Promise<never> }): Promise<Error> {
  const cause = await (reason.commitError ?? Promise.reject(reason)).catch(
    (error: unknown) => error,
  );
  const { message, code } = cause as Error & { code?: number };
  // EIO is LMDB's word for a write of which only a part was taken.
  const hint = code === constants.errno.EIO ? " (is the disk full?)" : "";
  return new Error(`LMDB says: ${message}${hint}`, { cause });
}
