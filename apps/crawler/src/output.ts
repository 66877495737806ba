import type { Writable } from "node:stream";
import { wait } from "greenlit";
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  statSync,
  writeSync,
} from "greenlit/fs";
import { type ErrorCode, errorMessage } from "./errors.js";
import type { Inventory } from "./inventory.js";

/** One line of the output: one URL that was fetched, or that failed. */
export interface PageRecord {
  readonly url: string;
  /** Where redirects led. */
  readonly finalUrl: string;
  /** The redirects on the way. The last one was not followed when `stopped` says why. */
  readonly redirects: readonly Redirect[];
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

export interface Redirect {
  readonly status: number;
  readonly to: string;
}

/** What one page refers to, and what fragments can point at on it. */
export interface LinksRecord extends Inventory {
  /** Where the page came from: where redirects led. */
  readonly page: string;
}

/** Where records or items go. Both methods may block. */
export interface Output<T> {
  write(value: T): void;
  /** What was written must be safe when it returns: then the crawl forgets that it has it. */
  flush?(): void;
}

/** An output whose bytes can be counted, and cut back to as many as are safe. */
export interface FileOutput<T> extends Output<T> {
  readonly file: string;
  /** Bytes that are safe. */
  readonly length: number;
  close(): void;
}

export function isFileOutput(output: Output<never>): output is FileOutput<never> {
  return "length" in output && "file" in output && "close" in output;
}

/** A link that was not followed, or a URL that was not fetched, and why. */
export interface Skipped {
  readonly url: string;
  readonly reason: string;
  /** The page that links there; null for a seed. */
  readonly referrer: string | null;
}

/**
 * The output cannot be written: the disk is full, or the reader of the pipe has gone. The crawl
 * ends.
 */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code = "ERR_CRAWLER_OUTPUT";
}

/** @throws OutputError when there is such a file, which nobody asked to overwrite */
export function refuseExisting(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return;
  throw new OutputError(
    `${file} is there already, and not of this crawl: give another name, ` +
      `or start over with --fresh, which overwrites it`,
  );
}

/**
 * JSON Lines in a file. What is written reaches the file when it is flushed, whole lines at a time;
 * a flush that fails leaves nothing behind.
 */
export class JsonlFile implements FileOutput<unknown> {
  readonly file: string;
  private readonly descriptor: number;
  /** Devices and pipes have no length, and cannot be cut. */
  private readonly isRegular: boolean;
  private lines: string[] = [];
  private safe = 0;

  /**
   * @param keep bytes of the file that stay, the rest being cut off; 0 for a new one
   * @throws OutputError when the file cannot be opened, or is shorter than that
   */
  constructor(file: string, keep: number) {
    this.file = file;
    this.safe = keep;
    try {
      const stats = statSync(file, { throwIfNoEntry: false });
      this.isRegular = stats?.isFile() ?? true;
      if (this.isRegular && (stats?.size ?? 0) < keep) {
        throw new OutputError(
          `${file} has lost its end: of ${keep} bytes ${stats?.size ?? 0} are left. ` +
            `Put it back, or start over with --fresh`,
        );
      }
      this.descriptor = openSync(file, this.isRegular ? "a+" : "w");
      if (this.isRegular) ftruncateSync(this.descriptor, keep);
    } catch (error) {
      throw outputError(file, error);
    }
  }

  /** Bytes that are safe. */
  get length(): number {
    return this.safe;
  }

  write(value: unknown): void {
    this.lines.push(`${JSON.stringify(value)}\n`);
  }

  /** @throws OutputError */
  flush(): void {
    if (this.lines.length === 0) return;
    const bytes = Buffer.from(this.lines.join(""));
    this.lines = [];
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.descriptor, bytes, at, bytes.length - at); // it appends
      }
      if (this.isRegular) fdatasyncSync(this.descriptor);
      this.safe += bytes.length;
    } catch (error) {
      if (this.isRegular) ftruncateSync(this.descriptor, this.safe);
      throw outputError(this.file, error);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

/** JSON Lines to a stream, which is left open. What has gone out cannot be called back. */
export class JsonlStream implements Output<unknown> {
  private readonly stream: Writable;
  private lines: string[] = [];

  constructor(stream: Writable) {
    this.stream = stream;
    // The errors of writes come to `flush`; without a listener they would end the process as well.
    stream.on("error", () => {});
  }

  write(value: unknown): void {
    this.lines.push(`${JSON.stringify(value)}\n`);
  }

  /** Blocks until the stream has passed it on. @throws OutputError */
  flush(): void {
    if (this.lines.length === 0) return;
    const text = this.lines.join("");
    this.lines = [];
    const written = new Promise<void>((resolve, reject) => {
      this.stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
    try {
      wait(written);
    } catch (error) {
      throw outputError("", error);
    }
  }
}

function outputError(file: string, error: unknown): OutputError {
  if (error instanceof OutputError) return error;
  const name = file === "" ? "the output" : file;
  return new OutputError(`${name} cannot be written: ${errorMessage(error)}`, { cause: error });
}
