import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { sleep, wait } from "greenlit";
import type { RedisClientType } from "@redis/client";
import { errorMessage } from "./errors.js";
import { SCRIPTS, type ScriptName } from "./redis-scripts.js";
import { LeaseLost, StoreError } from "./store.js";

/** Loaded when a crawl is kept there: others need not wait for it. */
const require = createRequire(import.meta.url);
const load = (): typeof import("@redis/client") => require("@redis/client") as never;

/** For how long a lost connection is made anew, and how long the first may take, in ms. */
const PATIENCE = 60_000;
const CONNECT_TIMEOUT = 10_000;
const LONGEST_PAUSE = 1_000;

type Argument = string | Buffer;
export type Reply = unknown;

const SHA = Object.fromEntries(
  Object.entries(SCRIPTS).map(([name, text]) => [
    name,
    createHash("sha1").update(text).digest("hex"),
  ]),
) as Record<ScriptName, string>;

/**
 * A connection to a Redis server that outlives the server's restarts: what got no answer is asked
 * again over a new one, so it may happen twice.
 */
export class RedisConnection {
  private readonly url: string;
  readonly prefix: string;
  private client: RedisClientType | null = null;

  /**
   * Blocks until it is there.
   * @param prefix of all keys
   * @throws StoreError
   */
  constructor(url: string, prefix: string) {
    this.url = url;
    this.prefix = prefix;
    try {
      this.connect();
    } catch (error) {
      throw this.failure(
        "cannot be reached",
        error,
        ": is it running there, and the password right?",
      );
    }
  }

  /** Runs one of the scripts on the crawl's keys. @throws StoreError, LeaseLost */
  run(name: ScriptName, args: readonly Argument[]): Reply {
    try {
      return this.call(["EVALSHA", SHA[name], "1", this.prefix, ...args]);
    } catch (error) {
      if (!errorMessage(error).startsWith("NOSCRIPT")) throw this.inUsersWords(error);
    }
    try {
      return this.call(["EVAL", SCRIPTS[name], "1", this.prefix, ...args]);
    } catch (error) {
      throw this.inUsersWords(error);
    }
  }

  /** Sends commands together, which only read. @throws StoreError */
  read(commands: readonly (readonly Argument[])[]): Reply[] {
    try {
      return this.again((client) =>
        wait(Promise.all(commands.map((command) => client.sendCommand([...command])))),
      );
    } catch (error) {
      throw this.inUsersWords(error);
    }
  }

  close(): void {
    this.client?.destroy();
    this.client = null;
  }

  private call(command: readonly Argument[]): Reply {
    return this.again((client) => wait(client.sendCommand([...command])));
  }

  /** Until it has an answer, good or bad; or no connection for too long. */
  private again<T>(attempt: (client: RedisClientType) => T): T {
    const { ErrorReply } = load();
    const until = performance.now() + PATIENCE;
    for (let pause = 50; ; pause = Math.min(pause * 2, LONGEST_PAUSE)) {
      try {
        return attempt(this.client ?? this.connect());
      } catch (error) {
        // It is there again, and not yet ready.
        const isLoading = errorMessage(error).startsWith("LOADING");
        if (error instanceof ErrorReply && !isLoading) throw error;
        if (!isLoading && !isConnectionError(error)) throw error;
        if (performance.now() > until) throw error;
        this.close();
        sleep(pause);
      }
    }
  }

  private connect(): RedisClientType {
    const socket = { reconnectStrategy: false as const, connectTimeout: CONNECT_TIMEOUT };
    const client = load().createClient({
      name: `greenlit-crawl-${process.pid}`, // in CLIENT LIST
      url: this.url,
      RESP: 2,
      disableOfflineQueue: true,
      socket,
    });
    client.on("error", () => {}); // whoever asked is told
    wait(client.connect());
    this.client = client as unknown as RedisClientType;
    return this.client;
  }

  private inUsersWords(error: unknown): Error {
    const message = errorMessage(error);
    if (message.startsWith("LEASELOST")) return new LeaseLost();
    if (message.startsWith("FORGOTTEN")) {
      const advice = "; with `appendonly yes` it keeps what it has when it is restarted";
      return this.failure("has no such crawl any more", null, advice);
    }
    if (message.startsWith("VERSION")) {
      return this.failure("has a crawl by another version of the crawler", null, ": use --fresh");
    }
    if (!isConnectionError(error)) return this.failure("refuses", error);
    return this.failure(`was not reached again within ${PATIENCE / 1000} s`, error);
  }

  private failure(what: string, cause: unknown, advice = ""): StoreError {
    const { host } = new URL(this.url);
    const said = cause === null ? "" : ` (${errorMessage(cause)})`;
    return new StoreError(`Redis at ${host} ${what}${said}${advice}`, { cause });
  }
}

/** Whether there was no answer. */
function isConnectionError(error: unknown): boolean {
  return !(error instanceof load().ErrorReply) && !(error instanceof TypeError);
}
