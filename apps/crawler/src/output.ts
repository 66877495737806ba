import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { Event } from "greenlit";
import type { ErrorCode } from "./errors.js";

/** One line of the output: one URL that was fetched, or that failed. */
export interface PageRecord {
  readonly url: string;
  /** Where redirects led. */
  readonly finalUrl: string;
  /** HTTP status; null when there was no response. */
  readonly status: number | null;
  readonly contentType: string | null;
  /** Body bytes received. */
  readonly bytes: number;
  readonly title: string | null;
  /** Links from a seed. */
  readonly depth: number;
  /** The page on which the URL was found first; null for a seed. */
  readonly referrer: string | null;
  /** Links found on the page, whether followed or not. */
  readonly links: number;
  /** How long the last attempt took. */
  readonly ms: number;
  readonly attempts: number;
  /** Why a redirect was not followed. */
  readonly stopped: string | null;
  readonly error: ErrorCode | null;
  readonly message: string | null;
}

/**
 * The output cannot be written: the disk is full, or the reader of the pipe has gone. The crawl
 * ends.
 */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code = "ERR_CRAWLER_OUTPUT";
}

/** Writes records as JSON Lines. A greenlet that writes faster than the stream takes it waits. */
export class JsonlOutput {
  private readonly stream: Writable;
  private readonly ownsStream: boolean;
  /** Clear while the stream wants no more, or is ending. */
  private readonly ready = new Event();
  private error: Error | null = null;

  /** @param target a file name, which is overwritten; or a stream, which is left open */
  constructor(target: string | Writable) {
    this.ownsStream = typeof target === "string";
    this.stream = typeof target === "string" ? createWriteStream(target) : target;
    this.stream.on("error", (error: Error) => {
      this.error ??= error;
      this.ready.set();
    });
    this.stream.on("drain", () => this.ready.set()).on("finish", () => this.ready.set());
  }

  /** @throws OutputError when an earlier write failed, or this one as far as is known */
  write(record: PageRecord): void {
    this.check();
    if (this.stream.write(`${JSON.stringify(record)}\n`)) return;
    this.ready.clear();
    this.ready.wait();
    this.check();
  }

  /** Blocks until everything is written. @throws OutputError when something was not */
  close(): void {
    this.check();
    this.ready.clear();
    if (this.ownsStream) this.stream.end();
    if (this.ownsStream || this.stream.writableNeedDrain) this.ready.wait();
    this.check();
  }

  private check(): void {
    if (this.error === null) return;
    const { message } = this.error;
    throw new OutputError(`the output cannot be written: ${message}`, { cause: this.error });
  }
}
