import { createHash } from "node:crypto";
import { Semaphore } from "greenlit";
import type { Redirect } from "./output.js";
import { PostgresConnection, quote } from "./postgres-connection.js";
import { FUNCTIONS, TABLES, VERSION } from "./postgres-schema.js";
import {
  type Changes,
  LEASE,
  type Membership,
  type Released,
  type Standing,
  type Store,
  type StoredEntry,
  StoreError,
  type TakenQueue,
  type Wanted,
} from "./store.js";
import { digestOf } from "./url-digest.js";

export interface PostgresStoreOptions extends Membership {
  /** Names the crawl: several of them may be in one database. */
  readonly job: string;
}

/** Longer names of schemas are cut off by the server, in bytes. */
const LONGEST_NAME = 63;

const READ = `
SELECT it.ord, few.* FROM unnest($1::text[], $2::bigint[], $3::int[]) WITH ORDINALITY
    AS it (queue, after, count, ord)
  JOIN queues ON queues.name = it.queue
  CROSS JOIN LATERAL (
    SELECT seq, url, depth, referrer, via FROM entries
      WHERE entries.queue = queues.id AND entries.seq > it.after ORDER BY seq LIMIT it.count
  ) AS few
  ORDER BY it.ord, few.seq`;

/**
 * A store in a PostgreSQL database, shared by workers on any number of machines, in a schema of its
 * own. All of it is as durable as the server's settings make a transaction.
 */
export class PostgresStore implements Store {
  readonly isShared = true;
  private readonly connection: PostgresConnection;
  private readonly worker: string;
  private readonly lease: number;
  private readonly epoch: number;
  /** The server remembers the last change of each worker only. */
  private readonly oneAtATime = new Semaphore(1);
  private calls = 0;

  /**
   * @param url `postgres://user:password@host:port/database`
   * @throws StoreError when it cannot be reached, or has a crawl of another version
   */
  constructor(url: string, { job, worker, lease = LEASE }: PostgresStoreOptions) {
    this.worker = worker;
    this.lease = lease;
    this.connection = new PostgresConnection(url, schemaOf(job));
    try {
      create(this.connection, schemaOf(job));
      const [row] = this.connection.query("SELECT join_($1, $2)", [worker, lease]);
      this.epoch = Number(row!["join_"]);
    } catch (error) {
      this.connection.close();
      throw error;
    }
  }

  /** Removes a crawl from a database. @throws StoreError */
  static drop(url: string, job: string): void {
    const connection = new PostgresConnection(url, schemaOf(job));
    try {
      connection.query(`DROP SCHEMA IF EXISTS ${quote(schemaOf(job))} CASCADE`);
    } finally {
      connection.close();
    }
  }

  states(): ReadonlyMap<string, unknown> {
    const rows = this.connection.query("SELECT name, value FROM states");
    return new Map(rows.map(({ name, value }) => [name as string, JSON.parse(value as string)]));
  }

  /** Only the server knows: whoever commits it learns whether it was new. */
  has(): boolean {
    return false;
  }

  claim(url: string, by: string): boolean {
    return this.change("claim", [uuidOf(url), by]) === "true";
  }

  take(count: number): TakenQueue[] {
    return JSON.parse(this.change("take", [count])) as TakenQueue[];
  }

  read(wanted: readonly Wanted[]): StoredEntry[][] {
    const columns = [
      wanted.map(({ queue }) => queue),
      wanted.map(({ after }) => after),
      wanted.map(({ count }) => count),
    ];
    const lists: StoredEntry[][] = wanted.map(() => []);
    for (const row of this.connection.query(READ, columns, "read")) {
      const at = Number(row["ord"]) - 1;
      const via = row["via"] as string | null;
      lists[at]!.push({
        seq: Number(row["seq"]),
        queue: wanted[at]!.queue,
        url: row["url"] as string,
        depth: row["depth"] as number,
        referrer: row["referrer"] as string | null,
        via: via === null ? null : (JSON.parse(via) as Redirect[]),
      });
    }
    return lists;
  }

  release(queues: readonly Released[]): void {
    this.change("release", [queues.map(({ queue }) => queue), queues.map(({ delay }) => delay)]);
  }

  reserve(count: number, limit: number): number {
    const most = Number.isFinite(limit) ? limit : Number.MAX_SAFE_INTEGER;
    return Number(this.change("reserve", [count, most]));
  }

  renew(wants = 0): Standing {
    const args = [this.worker, this.epoch, this.lease, wants];
    const [row] = this.connection.query("SELECT renew_($1, $2, $3, $4)", args, "renew");
    return row!["renew_"] as Standing;
  }

  commit({ added, moved, known, ended, pages, states }: Changes): void {
    const entries = [...added, ...moved];
    const kept = Object.entries(states);
    this.change("commit", [
      entries.map(({ url }) => uuidOf(url)),
      entries.map(({ queue }) => queue),
      entries.map(({ url }) => url),
      entries.map(({ depth }) => depth),
      entries.map(({ referrer }) => referrer),
      entries.map(({ via }) => (via === null ? null : JSON.stringify(via))),
      added.length,
      known.map(uuidOf),
      ended.map(({ queue }) => queue),
      ended.map(({ seq }) => seq),
      pages,
      kept.map(([name]) => name),
      kept.map(([, value]) => JSON.stringify(value)),
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

  /** Changes something, once, however often the connection is lost meanwhile. */
  private change(name: string, args: readonly unknown[]): string {
    this.oneAtATime.acquire();
    try {
      const values = [this.worker, this.epoch, ++this.calls, ...args];
      const places = values.map((_, i) => `$${i + 1}`).join(", ");
      const [row] = this.connection.query(`SELECT ${name}_(${places})`, values, name);
      return row![`${name}_`] as string;
    } finally {
      this.oneAtATime.release();
    }
  }
}

/** Makes what is not there yet. */
function create(connection: PostgresConnection, schema: string): void {
  // In one transaction, since it is one simple query; of several workers one makes it.
  connection.query(`
    DO $do$ BEGIN
      PERFORM pg_advisory_xact_lock(hashtext('greenlit-crawl'));
      IF to_regclass(${literal(`${quote(schema)}.crawl`)}) IS NULL THEN
        CREATE SCHEMA IF NOT EXISTS ${quote(schema)};
        EXECUTE ${literal(TABLES)};
        EXECUTE ${literal(FUNCTIONS)};
      END IF;
    END $do$`);
  const [row] = connection.query("SELECT version FROM crawl");
  if (row!["version"] === VERSION) return;
  throw new StoreError(
    "PostgreSQL has a crawl of this name by another version of the crawler: use --fresh",
  );
}

function schemaOf(job: string): string {
  const name = `greenlit-crawl ${job}`;
  if (Buffer.byteLength(name) <= LONGEST_NAME) return name;
  return `greenlit-crawl ${createHash("sha256").update(job).digest("base64url")}`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** As the type uuid takes it. */
function uuidOf(url: string): string {
  return digestOf(url).toString("hex");
}
