import { BodyTooLargeError, type CallOptions } from "greenlit/net";
import { errorCode } from "../errors.js";
import type { RequestDraft } from "../hooks.js";
import type { LenientResponse, ReadableBody } from "../lenient-request.js";
import { Digest } from "./digest.js";
import { Spool } from "./spool.js";

/** Why the end of an answer is missing, in the words of WARC-Truncated. */
export type Truncation = "length" | "time" | "disconnect";

/** How a URL came to be fetched. */
export interface Origin {
  /** The page, or the redirect, that led there; null for a seed. */
  readonly via: string | null;
  /** The way from a seed: `L` for a link, `R` for a redirect, `P` for a robots.txt. */
  readonly path: string;
}

/** What was answered, apart from its body. */
export interface AnswerHead {
  readonly status: number;
  /** In lower case, without parameters; null when the server said none. */
  readonly mime: string | null;
  /** Status line and headers, with the empty line. */
  readonly bytes: Buffer;
}

/** One request and its answer, as they went over the wire. */
export class Exchange {
  readonly url: string;
  readonly origin: Origin;
  readonly began: Date = new Date();
  readonly payload: Spool;
  /** Whether the address that answered is that of the host. */
  readonly isDirect: boolean;
  /** The request's head, with the empty line. */
  sent: string;
  /** IP address that answered; null where it is not known. */
  address: string | null = null;
  /** Null while there is no answer. */
  answer: AnswerHead | null = null;
  truncated: Truncation | null = null;
  /** Whether it was broken off for no reason of the host's: then it is as if it had not been. */
  isVoid = false;
  /** Ms until the end of the body. */
  duration = 0;
  private readonly start = performance.now();
  private readonly payloadHash = new Digest();
  private readonly blockHash = new Digest();
  private digests: { readonly payload: string; readonly block: string } | null = null;

  /** @param folder where long bodies are put aside */
  constructor({ url, headers, proxy }: RequestDraft, origin: Origin, folder: string) {
    this.url = url.href;
    this.origin = origin;
    this.isDirect = proxy === null;
    this.payload = new Spool(folder);
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    this.sent = `GET ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n${lines.join("")}\r\n`;
  }

  /** @returns the response's body, of which all that is read is kept */
  answered(response: LenientResponse): ReadableBody {
    this.answer = headOf(response);
    this.blockHash.update(this.answer.bytes);
    return new RecordedBody(response.body, this);
  }

  receive(chunk: Buffer): void {
    this.payload.write(chunk);
    this.payloadHash.update(chunk);
    this.blockHash.update(chunk);
  }

  /** Nothing more will come. @param truncated null: that was all */
  end(truncated: Truncation | null): void {
    if (this.digests !== null) return;
    this.truncated = truncated;
    this.duration = performance.now() - this.start;
    this.digests = { payload: this.payloadHash.finish(), block: this.blockHash.finish() };
  }

  /** Of the body, and of the whole answer. There when it has ended. */
  get digest(): { readonly payload: string; readonly block: string } {
    return this.digests!;
  }
}

/**
 * The line that undici keeps to itself is written as it is in all of HTTP/1. A body comes without
 * its chunks, so the header that speaks of them gets the name that web archives give to headers
 * that were true on the way.
 */
function headOf({ status, statusText, rawHeaders }: LenientResponse): AnswerHead {
  let head = `HTTP/1.1 ${status} ${statusText}\r\n`;
  let mime: string | null = null;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name, value] = [rawHeaders[at]!, rawHeaders[at + 1]!];
    const isChunking = /^transfer-encoding$/i.test(name);
    head += `${isChunking ? `X-Archive-Orig-${name}` : name}: ${value}\r\n`;
    if (/^content-type$/i.test(name)) mime = value.split(";", 1)[0]!.trim().toLowerCase();
  }
  return { status, mime: mime || null, bytes: Buffer.from(`${head}\r\n`, "latin1") };
}

/** A body that is read by somebody else. */
export class RecordedBody implements ReadableBody {
  private readonly body: ReadableBody;
  private readonly exchange: Exchange;

  constructor(body: ReadableBody, exchange: Exchange) {
    this.body = body;
    this.exchange = exchange;
  }

  read(options?: CallOptions): Buffer | null {
    try {
      const chunk = this.body.read(options);
      if (chunk === null) this.exchange.end(null);
      else this.exchange.receive(chunk);
      return chunk;
    } catch (error) {
      const code = errorCode(error);
      this.exchange.isVoid = code === "interrupted";
      this.exchange.end(code === "timeout" ? "time" : "disconnect");
      throw error;
    }
  }

  /** Of a body that is larger than the limit, what is within it has been kept. */
  bytes({ limit = Infinity }: { readonly limit?: number } = {}): Buffer {
    const chunks: Buffer[] = [];
    let size = 0;
    for (let chunk; (chunk = this.read()) !== null;) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > limit) {
        this.exchange.end("length");
        throw new BodyTooLargeError(limit);
      }
    }
    return Buffer.concat(chunks);
  }

  /** Whoever read it wants no more of it. */
  destroy(): void {
    this.exchange.end("length");
    this.body.destroy();
  }
}
