import { statSync } from "greenlit/fs";
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
  /** The address that the page gives itself, `<link rel=canonical>`. */
  readonly canonical: string | null;
  /** It asks not to be shown in search results, by meta robots or X-Robots-Tag. */
  readonly noindex: boolean;
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

/** Its fields, in the order of the columns of CSV. */
export const PAGE_COLUMNS: readonly (keyof PageRecord)[] = [
  "url",
  "finalUrl",
  "redirects",
  "status",
  "contentType",
  "bytes",
  "title",
  "canonical",
  "noindex",
  "depth",
  "referrer",
  "links",
  "ms",
  "attempts",
  "stopped",
  "error",
  "message",
];

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
  /** What was flushed is of the crawl for good. */
  committed?(): void;
  /** The crawl has ended, all is committed: makes what is to be made of it. May block. */
  finish?(): void;
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
  /** Links that this stands for: those of the page `url` that were not looked at. Default: one. */
  readonly count?: number;
}

/** Its fields, likewise. */
export const SKIPPED_COLUMNS: readonly (keyof Skipped)[] = ["url", "reason", "referrer", "count"];

/**
 * The output cannot be written: the disk is full, or the reader of the pipe has gone. The crawl
 * ends.
 */
export class OutputError extends Error {
  override readonly name = "OutputError";
  readonly code = "ERR_CRAWLER_OUTPUT";
}

/** What kept a file from being written. @param file empty for what is no file */
export function outputError(file: string, error: unknown): OutputError {
  if (error instanceof OutputError) return error;
  const name = file === "" ? "the output" : file;
  return new OutputError(`${name} cannot be written: ${errorMessage(error)}`, { cause: error });
}

/** @throws OutputError when there is such a file, which nobody asked to overwrite */
export function refuseExisting(file: string): void {
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return;
  throw new OutputError(
    `${file} is there already, and not of this crawl: give another name, ` +
      `or start over with --fresh, which overwrites it`,
  );
}
