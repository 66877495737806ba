import { Semaphore } from "greenlit";
import type { Redirect } from "./output.js";
import { RedisConnection } from "./redis-connection.js";
import type { ScriptName } from "./redis-scripts.js";
import {
  type Changes,
  type FoundEntry,
  LEASE,
  type Membership,
  type Released,
  type Standing,
  type Store,
  type StoredEntry,
  type TakenQueue,
  type Wanted,
} from "./store.js";
import { digestOf } from "./url-digest.js";

export interface RedisStoreOptions extends Membership {
  /** Names the crawl: several of them may be in one server. */
  readonly job: string;
}

/** An entry that another server has. */
export interface Announced {
  readonly digest: Buffer;
  readonly queue: string;
}

/** Of the keys in a server; one of another version is not touched. */
const VERSION = "1";
/** Queues that one call takes at most, lest the server is busy with it for too long. */
const MOST_TAKEN = 1_000;

/**
 * A store in a Redis server, shared by workers on any number of machines. Everything is in the
 * server's memory: about 80 bytes for each URL, and 150 more while it waits. How durable a commit
 * is depends on the server's settings (`appendonly yes`, and `appendfsync always` for all of it).
 */
export class RedisStore implements Store {
  readonly isShared = true;
  protected readonly connection: RedisConnection;
  private readonly worker: string;
  private readonly lease: number;
  private readonly epoch: string;
  /** The server remembers the last change of each worker only. */
  private readonly oneAtATime = new Semaphore(1);
  private calls = 0;

  /**
   * @param url `redis://user:password@host:port/database`, or `rediss:` for TLS
   * @throws StoreError when it cannot be reached, or has a crawl of another version
   */
  constructor(url: string, { job, worker, lease = LEASE }: RedisStoreOptions) {
    this.worker = worker;
    this.lease = lease;
    this.connection = new RedisConnection(url, prefixOf(job));
    try {
      this.epoch = String(this.connection.run("join", [worker, String(lease), VERSION]));
    } catch (error) {
      this.connection.close();
      throw error;
    }
  }

  /** Removes a crawl from a server. @throws StoreError */
  static drop(url: string, job: string): void {
    const connection = new RedisConnection(url, prefixOf(job));
    const pattern = `${prefixOf(job).replace(/[\\*?[\]]/g, "\\$&")}*`;
    try {
      for (let cursor = "0", isFirst = true; isFirst || cursor !== "0"; isFirst = false) {
        const [answer] = connection.read([["SCAN", cursor, "MATCH", pattern, "COUNT", "1000"]]);
        const [next, keys] = answer as [string, string[]];
        cursor = next;
        if (keys.length > 0) connection.read([["UNLINK", ...keys]]);
      }
    } finally {
      connection.close();
    }
  }

  /** Queues that ever had entries elsewhere. @throws StoreError */
  static outsides(url: string, job: string): string[] {
    const connection = new RedisConnection(url, prefixOf(job));
    try {
      const [reply] = connection.read([["SMEMBERS", `${prefixOf(job)}outsides`]]);
      return reply as string[];
    } finally {
      connection.close();
    }
  }

  states(): ReadonlyMap<string, unknown> {
    const [reply] = this.connection.read([["HGETALL", this.key("states")]]);
    const states = new Map<string, unknown>();
    const flat = reply as string[];
    for (let at = 0; at < flat.length; at += 2) states.set(flat[at]!, JSON.parse(flat[at + 1]!));
    return states;
  }

  /** Only the server knows: whoever commits it learns whether it was new. */
  has(): boolean {
    return false;
  }

  claim(url: string, by: string): boolean {
    return this.change("claim", [digestOf(url), by]) as boolean;
  }

  take(count: number): TakenQueue[] {
    const most = String(Math.min(count, MOST_TAKEN));
    // An empty list and an empty object are the same to Lua.
    const taken = this.change("take", [most]) as [string, number | false][] | Record<string, never>;
    if (!Array.isArray(taken)) return [];
    return taken.map(([queue, entries]) => {
      return { queue, newest: entries === false ? Infinity : entries - 1 };
    });
  }

  read(wanted: readonly Wanted[]): StoredEntry[][] {
    const commands = wanted.map(({ queue, after, count }) => [
      "XRANGE",
      this.key(`queue:${queue}`),
      `0-${after + 2}`,
      "+",
      "COUNT",
      String(count),
    ]);
    const replies = this.connection.read(commands) as [string, string[]][][];
    return replies.map((entries, at) => entries.map((it) => entryOf(wanted[at]!.queue, it)));
  }

  release(queues: readonly Released[]): void {
    this.change(
      "release",
      queues.flatMap(({ queue, delay }) => [queue, String(Math.ceil(delay))]),
    );
  }

  reserve(count: number, limit: number): number {
    const numbers = [count, Number.isFinite(limit) ? limit : Number.MAX_SAFE_INTEGER];
    return this.change("reserve", numbers.map(String)) as number;
  }

  renew(wants = 0): Standing {
    const args = [this.worker, this.epoch, String(this.lease), String(wants)];
    const counts = this.connection.run("renew", args) as Counts;
    const [queued, pages, free, taken, workers, wanted] = counts;
    return { queued, pages, free, taken, workers, wanted };
  }

  commit(changes: Changes): void {
    this.commitWith(changes, []);
  }

  /** @param announced entries that are kept elsewhere, until they are received */
  protected commitWith(changes: Changes, announced: readonly Announced[]): void {
    const { added, moved, known, ended, pages, states } = changes;
    const kept = Object.entries(states);
    const lists = [added, moved, announced, known, ended, kept];
    this.change("commit", [
      ...[pages, ...lists.map(({ length }) => length)].map(String),
      ...added.flatMap(argumentsOf),
      ...moved.flatMap(argumentsOf),
      ...announced.flatMap(({ digest, queue }) => [digest, queue]),
      ...known.map(digestOf),
      ...ended.flatMap(({ queue, seq }) => [queue, String(seq + 1)]),
      ...kept.flatMap(([name, value]) => [name, JSON.stringify(value)]),
    ]);
  }

  close(): void {
    try {
      this.change("leave", []);
    } catch {
      // Told already: by the last commit, or to those who have its queues now.
    }
    this.connection.close();
  }

  /** Which of them are known by now; whoever commits them learns whether they still were not. */
  protected areKnown(digests: readonly Buffer[]): boolean[] {
    if (digests.length === 0) return [];
    const [reply] = this.connection.read([["SMISMEMBER", this.key("known"), ...digests]]);
    return (reply as number[]).map((it) => it === 1);
  }

  /** How many entries of each queue are elsewhere. */
  protected backlogs(queues: readonly string[]): number[] {
    if (queues.length === 0) return [];
    const [reply] = this.connection.read([["HMGET", this.key("backlog"), ...queues]]);
    return (reply as (string | null)[]).map(Number);
  }

  /** Changes something, once, however often the connection is lost meanwhile. */
  protected change(name: ScriptName, args: readonly (string | Buffer)[]): unknown {
    this.oneAtATime.acquire();
    try {
      const call = String(++this.calls);
      const answer = this.connection.run(name, [this.worker, this.epoch, call, ...args]);
      return JSON.parse(answer as string);
    } finally {
      this.oneAtATime.release();
    }
  }

  protected key(name: string): string {
    return `${this.connection.prefix}${name}`;
  }
}

type Counts = [
  queued: number,
  pages: number,
  free: number,
  taken: number,
  workers: number,
  wanted: number,
];

function prefixOf(job: string): string {
  return `greenlit-crawl:{${job}}:`;
}

/** What an entry says beside its queue, as `XADD` takes it. */
export function fieldsOf({ url, depth, referrer, via }: Omit<FoundEntry, "queue">): string[] {
  return [url, String(depth), referrer ?? "", via === null ? "" : JSON.stringify(via)];
}

function argumentsOf(entry: FoundEntry): (string | Buffer)[] {
  return [digestOf(entry.url), entry.queue, ...fieldsOf(entry)];
}

function entryOf(queue: string, [id, fields]: [string, string[]]): StoredEntry {
  const [, url, , depth, , referrer, , via] = fields as [...string[]] & { length: 8 };
  return {
    seq: Number(id.slice(2)) - 1,
    queue,
    url: url!,
    depth: Number(depth),
    referrer: referrer === "" ? null : referrer!,
    via: via === "" ? null : (JSON.parse(via!) as Redirect[]),
  };
}
