import { createRequire } from "node:module";
import { sleep, wait } from "greenlit";
import type { Client } from "pg";
import { errorMessage } from "./errors.js";
import { LeaseLost, StoreError } from "./store.js";

/** Loaded when a crawl is kept there: others need not wait for it. */
const require = createRequire(import.meta.url);
const load = (): typeof import("pg") => require("pg") as never;

/** For how long a lost connection is made anew, and how long the first may take, in ms. */
const PATIENCE = 60_000;
const CONNECT_TIMEOUT = 10_000;
const LONGEST_PAUSE = 1_000;

/** SQLSTATE: the server goes down or comes up; two workers waited for each other. */
const GOING = /^(08...|57P0[1-3])$/;
const IN_EACH_OTHERS_WAY = /^(40P01|40001)$/;
/** There is no such schema, table, function. */
const FORGOTTEN = /^(3F000|42P01|42883)$/;

export type Row = Readonly<Record<string, unknown>>;

/**
 * A connection to a PostgreSQL server that outlives the server's restarts: what got no answer is
 * asked again over a new one, so it may happen twice.
 */
export class PostgresConnection {
  private readonly url: string;
  private readonly schema: string;
  private client: Client | null = null;

  /**
   * Blocks until it is there.
   * @param schema in which names are looked for; it need not be there
   * @throws StoreError
   */
  constructor(url: string, schema: string) {
    this.url = url;
    this.schema = schema;
    try {
      this.connect();
    } catch (error) {
      const advice = ": is it running there, and user, password and database right?";
      throw this.failure("cannot be reached", error, advice);
    }
  }

  /**
   * Runs one statement, prepared if it has a name.
   * @throws StoreError, LeaseLost
   */
  query(text: string, values: readonly unknown[] = [], name?: string): Row[] {
    const query = { text, values: [...values], ...(name === undefined ? {} : { name }) };
    const until = performance.now() + PATIENCE;
    for (let pause = 50; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        const client = this.client ?? this.connect();
        return wait(client.query<Record<string, unknown>>(query)).rows;
      } catch (error) {
        if (IN_EACH_OTHERS_WAY.test(sqlState(error))) continue;
        if (!isConnectionError(error) || performance.now() > until) throw this.inUsersWords(error);
        this.close();
        sleep(pause);
      }
    }
  }

  close(): void {
    const { client } = this;
    this.client = null;
    if (client !== null) wait(client.end().catch(() => {})); // it was lost already
  }

  private connect(): Client {
    const { Client } = load();
    const client = new Client({
      connectionString: this.url,
      application_name: `greenlit-crawl ${process.pid}`, // in pg_stat_activity
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      keepAlive: true,
    });
    client.on("error", () => {}); // whoever asked is told
    wait(client.connect());
    try {
      wait(client.query(`SET search_path TO ${quote(this.schema)}`));
    } catch (error) {
      wait(client.end().catch(() => {}));
      throw error;
    }
    return (this.client = client);
  }

  private inUsersWords(error: unknown): Error {
    if (errorMessage(error) === "LEASELOST") return new LeaseLost();
    if (FORGOTTEN.test(sqlState(error)))
      return this.failure("has no such crawl any more", null, ": it was removed meanwhile");
    if (!isConnectionError(error)) return this.failure("refuses", error);
    return this.failure(`was not reached again within ${PATIENCE / 1000} s`, error);
  }

  private failure(what: string, cause: unknown, advice = ""): StoreError {
    const { host } = new URL(this.url);
    const said = cause === null ? "" : ` (${errorMessage(cause)})`;
    return new StoreError(`PostgreSQL at ${host} ${what}${said}${advice}`, { cause });
  }
}

/** A name as SQL takes it, whatever is in it. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function sqlState(error: unknown): string {
  return error instanceof load().DatabaseError ? (error.code ?? "") : "";
}

/** Whether there was no answer. */
function isConnectionError(error: unknown): boolean {
  if (error instanceof load().DatabaseError) return GOING.test(error.code ?? "");
  return !(error instanceof TypeError);
}
