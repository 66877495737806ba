import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { Socket } from "node:net";
import { type Event, getCurrent, type Greenlet } from "greenlit";
import type { RequestDraft } from "../hooks.js";
import type { Outputs } from "../outputs.js";
import type { Entry } from "../schedule.js";
import { Exchange, type Origin } from "./exchange.js";
import type { WarcFiles } from "./warc-files.js";

/** Bytes of bodies that wait to be written: then no further request is made before some are. */
const UNWRITTEN = 64 * 1024 * 1024;

/** Undici publishes on these what happens to its requests; see its docs on diagnostics channels. */
const CREATED = "undici:request:create";
const SENT = "undici:client:sendHeaders";

/** What one greenlet fetches for one URL. */
interface Recording {
  readonly recorder: Recorder;
  readonly entry: Entry | null;
  readonly exchanges: Exchange[];
}

const byGreenlet = new Map<Greenlet, Recording>();

/**
 * Called before a request. Blocks while there is too much that was not written yet.
 *
 * @returns null when nobody wants to keep what the running greenlet fetches
 */
export function beginExchange(draft: RequestDraft): Exchange | null {
  const recording = recordingHere();
  if (recording === undefined) return null;
  const { recorder, entry, exchanges } = recording;
  const folder = recorder.makeRoom();
  const exchange = new Exchange(draft, originOf(entry, exchanges), folder);
  exchanges.push(exchange);
  return exchange;
}

/**
 * Hands to an archive what is fetched for a URL, when that has ended and not before: in the same
 * moment, so that a commit has both or neither.
 */
export class Recorder {
  private readonly outputs: Outputs;
  /** Null: nothing is kept, and nothing costs anything. */
  private readonly archive: WarcFiles | null;
  private readonly requests = new WeakMap<object, Exchange>();
  private readonly dirty: Event;
  /** Bytes of bodies that were handed over. */
  private handed = 0;

  /** @param dirty set when there is something to be committed */
  constructor(outputs: Outputs, dirty: Event) {
    this.outputs = outputs;
    this.dirty = dirty;
    this.archive = (outputs.get("archive") as WarcFiles | undefined) ?? null;
    if (this.archive === null) return;
    subscribe(CREATED, this.onCreated);
    subscribe(SENT, this.onSent);
  }

  /** A client that keeps what it fetches, beside any visit. */
  around<A extends unknown[], R>(client: { get(...args: A): R }): { get(...args: A): R } {
    return { get: (...args) => this.during(null, () => client.get(...args)) };
  }

  /**
   * Keeps what `visit` fetches in the running greenlet; unless the visit did not count, and was
   * given back.
   *
   * @param entry null: what is fetched is no page of the crawl
   */
  during<T>(entry: Entry | null, visit: () => T): T {
    if (this.archive === null) return visit();
    const greenlet = getCurrent()!;
    const exchanges: Exchange[] = [];
    const attempts = entry?.attempts;
    byGreenlet.set(greenlet, { recorder: this, entry, exchanges });
    try {
      return visit();
    } finally {
      byGreenlet.delete(greenlet);
      for (const exchange of exchanges) {
        const counts = exchange.answer !== null && !exchange.isVoid && entry?.attempts === attempts;
        if (counts) this.hand(exchange);
        else exchange.payload.close();
      }
    }
  }

  /** Blocks until not too much waits to be written. @returns where long bodies are put aside */
  makeRoom(): string {
    const { folder, wrote } = this.archive!;
    while (this.handed - this.archive!.written > UNWRITTEN) {
      wrote.clear();
      wrote.wait();
    }
    return folder;
  }

  close(): void {
    unsubscribe(CREATED, this.onCreated);
    unsubscribe(SENT, this.onSent);
  }

  private hand(exchange: Exchange): void {
    this.handed += exchange.payload.length;
    this.outputs.write("archive", exchange);
    this.dirty.set();
  }

  /** A request is created in the greenlet that makes it, and sent when there is a connection. */
  private readonly onCreated = (message: unknown): void => {
    const exchange = recordingHere()?.exchanges.at(-1);
    if (exchange !== undefined)
      this.requests.set((message as { request: object }).request, exchange);
  };

  private readonly onSent = (message: unknown): void => {
    const { request, headers, socket } = message as {
      request: object;
      headers: string;
      socket: Socket;
    };
    const exchange = this.requests.get(request);
    if (exchange === undefined) return;
    exchange.sent = `${headers}\r\n`;
    if (exchange.isDirect) exchange.address = socket.remoteAddress ?? null;
  };
}

function recordingHere(): Recording | undefined {
  const greenlet = getCurrent();
  return greenlet === null ? undefined : byGreenlet.get(greenlet);
}

function originOf(entry: Entry | null, before: readonly Exchange[]): Origin {
  const last = before.at(-1);
  if (last !== undefined) return { via: last.url, path: `${last.origin.path}R` };
  if (entry === null) return { via: null, path: "P" };
  // Sitemaps come before the seeds.
  return { via: entry.referrer, path: "L".repeat(Math.max(0, entry.depth)) };
}
