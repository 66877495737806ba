import {
  brotliDecompress,
  gunzip,
  inflate,
  inflateRaw,
  constants,
  type InputType,
} from "node:zlib";
import { Waiter } from "greenlit";
import { CrawlError } from "./errors.js";

/** What the crawler says it can read. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

/**
 * Undoes a Content-Encoding, on Node's thread pool while the greenlet waits.
 *
 * @param limit bytes that may come out: a small body can hide a huge one
 * @throws CrawlError `body-too-large` or `bad-encoding`
 */
export function decompress(body: Buffer, contentEncoding: string, limit: number): Buffer {
  // Encodings are listed in the order they were applied (RFC 9110 section 8.4).
  const encodings = contentEncoding.toLowerCase().split(",").reverse();
  for (const encoding of encodings) body = undo(encoding.trim(), body, limit);
  return body;
}

type Decompress = (
  body: InputType,
  options: { maxOutputLength: number; finishFlush?: number },
  callback: (error: Error | null, result: Buffer) => void,
) => void;

function undo(encoding: string, body: Buffer, limit: number): Buffer {
  if (encoding === "" || encoding === "identity" || body.length === 0) return body;
  const decompressor = decompressorOf(encoding, body);
  if (decompressor === null)
    throw new CrawlError("bad-encoding", `unknown Content-Encoding: ${encoding}`);
  // A body that breaks off is read as far as it goes, as browsers do.
  const flush = encoding === "br" ? constants.BROTLI_OPERATION_FLUSH : constants.Z_SYNC_FLUSH;
  const waiter = new Waiter<Buffer>(`zlib.${encoding}`);
  decompressor(body, { maxOutputLength: limit, finishFlush: flush }, (error, result) => {
    if (error === null) waiter.switch(result);
    else waiter.throw(explain(error, encoding, limit));
  });
  return waiter.wait();
}

function decompressorOf(encoding: string, body: Buffer): Decompress | null {
  if (encoding === "gzip" || encoding === "x-gzip") return gunzip;
  if (encoding === "br") return brotliDecompress;
  if (encoding !== "deflate") return null;
  // `deflate` means zlib, but some servers send the bare stream (RFC 9110 section 8.4.1.2).
  const isZlib = body.length > 1 && (body[0]! & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0;
  return isZlib ? inflate : inflateRaw;
}

function explain(error: Error, encoding: string, limit: number): CrawlError {
  if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") {
    return new CrawlError("body-too-large", `decompresses to more than ${limit} bytes`, {
      cause: error,
    });
  }
  return new CrawlError("bad-encoding", `not ${encoding}: ${error.message}`, { cause: error });
}
