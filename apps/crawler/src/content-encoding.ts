import type { Transform } from "node:stream";
import {
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
} from "node:zlib";
import { Waiter } from "greenlit";
import { CrawlError } from "./errors.js";

/** What the crawler says it can read. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

/** Nobody compresses more often than that, unless to keep readers busy. */
const MAX_CODINGS = 5;
/** Compressions that exist, and that the crawler did not ask for. */
const UNREADABLE = new Set(
  "compress x-compress zstd dcb dcz exi pack200-gzip aes128gcm bzip2 xz lzma".split(" "),
);

export interface DecompressOptions {
  /** Bytes that may come out: a small body can hide a huge one. */
  readonly limit: number;
  /** Take what is beyond the limit for the end, not for an error. */
  readonly cut?: boolean;
}

/**
 * Undoes a Content-Encoding, on Node's thread pool while the greenlet waits. What is no compression
 * (`none`, `utf-8` ...) changes nothing, as in the Fetch standard.
 *
 * @throws CrawlError `body-too-large` or `bad-encoding`
 */
export function decompress(
  body: Buffer,
  contentEncoding: string,
  options: DecompressOptions,
): Buffer {
  const codings = contentEncoding
    .toLowerCase()
    .split(",")
    .map((coding) => coding.trim())
    .filter((coding) => UNREADABLE.has(coding) || opener(coding, body) !== null);
  if (codings.length > MAX_CODINGS) {
    const message = `compressed ${codings.length} times: more than ${MAX_CODINGS} are not undone`;
    throw new CrawlError("bad-encoding", message);
  }
  // They are listed in the order they were applied (RFC 9110 section 8.4).
  for (const coding of codings.reverse()) if (body.length > 0) body = undo(coding, body, options);
  return options.cut === true ? body.subarray(0, options.limit) : body;
}

function undo(coding: string, body: Buffer, { limit, cut }: DecompressOptions): Buffer {
  const open = opener(coding, body);
  if (open === null) throw new CrawlError("bad-encoding", `cannot read Content-Encoding ${coding}`);
  const waiter = new Waiter<Buffer>(`zlib.${coding}`);
  const stream = open();
  const chunks: Buffer[] = [];
  let size = 0;
  stream.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limit) return;
    stream.destroy();
    if (cut === true) waiter.switch(Buffer.concat(chunks));
    else waiter.throw(tooLarge(limit));
  });
  stream.on("end", () => waiter.switch(Buffer.concat(chunks)));
  stream.on("error", (cause) => {
    waiter.throw(new CrawlError("bad-encoding", `not ${coding}: ${cause.message}`, { cause }));
  });
  stream.end(body);
  try {
    return waiter.wait();
  } finally {
    stream.destroy();
  }
}

const CHUNK = 64 * 1024;
// A body that breaks off is read as far as it goes, as browsers do.
const ZLIB = { chunkSize: CHUNK, finishFlush: constants.Z_SYNC_FLUSH };
const BROTLI = { chunkSize: CHUNK, finishFlush: constants.BROTLI_OPERATION_FLUSH };

function opener(coding: string, body: Buffer): (() => Transform) | null {
  if (coding === "gzip" || coding === "x-gzip") return () => createGunzip(ZLIB);
  if (coding === "br") return () => createBrotliDecompress(BROTLI);
  if (coding !== "deflate") return null;
  // `deflate` means zlib, but some servers send the bare stream (RFC 9110 section 8.4.1.2).
  const isZlib = body.length > 1 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
  return isZlib ? () => createInflate(ZLIB) : () => createInflateRaw(ZLIB);
}

function tooLarge(limit: number): CrawlError {
  return new CrawlError("body-too-large", `decompresses to more than ${limit} bytes`);
}
