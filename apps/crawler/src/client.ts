import { Timeout, wait } from "greenlit";
import { BodyTooLargeError, createAgent, request } from "greenlit/net";
import type { Dispatcher } from "undici";
import { RecordedBody } from "./archive/exchange.js";
import { beginExchange } from "./archive/recorder.js";
import type { AddressGuard } from "./address-guard.js";
import { ACCEPT_ENCODING, decompress } from "./content-encoding.js";
import {
  type ContentType,
  extractContentType,
  isCss,
  isHtml,
  isUnknown,
  SNIFF_LENGTH,
  sniffContentType,
} from "./content-type.js";
import type { Cookies } from "./cookies.js";
import type { Credentials } from "./credentials.js";
import { CrawlError, errorCode, errorMessage } from "./errors.js";
import { enter } from "./flights.js";
import type { Hooks, RequestDraft } from "./hooks.js";
import {
  lenientRequest,
  type LenientResponse,
  mayBeReadLeniently,
  type ReadableBody,
} from "./lenient-request.js";
import { createProxyAgent, proxyError, type Proxies } from "./proxies.js";
import { Recent } from "./recent.js";

export interface ClientOptions {
  readonly userAgent: string;
  /** Milliseconds from connecting to the last byte. */
  readonly timeout: number;
  /** Milliseconds for its parts: see `CrawlOptions`. Default: as long as the whole. */
  readonly connectTimeout?: number;
  readonly headersTimeout?: number;
  readonly bodyTimeout?: number;
  /** Bytes of one body, as received and as decompressed. */
  readonly bodyLimit: number;
  readonly guard: AddressGuard;
  readonly onRequest?: Hooks["onRequest"];
  /** Null: none are sent, and none are kept. */
  readonly cookies?: Cookies | null;
  /** Headers that every host gets, names in lower case. */
  readonly publicHeaders?: Readonly<Record<string, string>>;
  readonly credentials?: Credentials;
  readonly proxies?: Proxies;
}

/** The part of a response that comes before its body. */
export interface Head {
  readonly status: number;
  readonly contentType: ContentType;
  /** A header's value; several of one name joined by commas. Bytes beyond ASCII are latin-1. */
  header(name: string): string | undefined;
  /** A header's values, one for each of the name. */
  headers(name: string): readonly string[];
}

/** One response. No redirect has been followed. */
export interface Answer extends Head {
  /** The decompressed body, or null when it was not wanted. */
  readonly body: Buffer | null;
  /** Body bytes received. */
  readonly bytes: number;
}

/**
 * What of a body is wanted. `html`: all of it, if it is HTML, by what its server says or, where
 * that says nothing, by what it looks like. A number: its first so many bytes, decompressed.
 */
export type Wanted = "html" | "css" | "html or css" | "nothing" | number;

/**
 * What of a body nobody reads is received all the same, so that the connection can be used again:
 * so many bytes, in so many ms.
 */
const DRAIN_LIMIT = 64 * 1024;
const DRAIN_TIME = 250;
/** Bytes of a head: some security policies are long. Chrome takes as many. */
const MAX_HEADER_SIZE = 256 * 1024;
/** Hosts of which it is remembered that they write answers of no proper form. */
const REMEMBERED = 1_000;

/**
 * Makes one request at a time for each greenlet that asks, over keep-alive connections shared by
 * all.
 */
export class Client {
  private readonly options: ClientOptions;
  private readonly limits: Readonly<Record<"connect" | "headers" | "body", number>>;
  private readonly agent: ReturnType<typeof createAgent>;
  private readonly proxies = new Map<string, Dispatcher>();
  private readonly sloppy = new Recent<string, true>(REMEMBERED);

  constructor(options: ClientOptions) {
    this.options = options;
    const { timeout, connectTimeout = timeout, headersTimeout = timeout } = options;
    const { bodyTimeout = timeout } = options;
    this.limits = { connect: connectTimeout, headers: headersTimeout, body: bodyTimeout };
    // As many connections as requests: how many there may be for a host is the frontier's business.
    this.agent = createAgent({
      connectTimeout: this.limits.connect,
      connect: { lookup: options.guard.lookup },
      maxHeaderSize: MAX_HEADER_SIZE,
    });
  }

  /** The Cookie header that a request for this URL would carry; empty when there is none. */
  cookies(url: URL): string {
    return this.options.cookies?.header(url) ?? "";
  }

  /**
   * Blocks until the response is there.
   *
   * @param wants what to read of the body, asked when the head has arrived
   * @throws CrawlError, or what the network said; `errorCode` gives all of them a name
   */
  get(url: URL, wants: (head: Head) => Wanted): Answer {
    this.options.guard.check(url);
    const draft = this.draft(url);
    let phase = "an answer";
    const exchange = beginExchange(draft);
    enter("connecting");
    try {
      const response = this.send(draft);
      const body = exchange?.answered(response) ?? response.body;
      phase = "the end of the body";
      enter("body");
      try {
        const head = headOf(response);
        this.options.cookies?.store(url, head.headers("set-cookie"));
        return this.read(head, body, wants(head));
      } finally {
        body.destroy(); // does nothing when the body has been read to its end
      }
    } catch (error) {
      throw this.inUsersWords(error, phase, draft.proxy);
    }
  }

  /** Blocks until the head is there. */
  private send({ url, headers, proxy }: RequestDraft): LenientResponse {
    const { timeout, guard } = this.options;
    const lenient = { headers, timeout, lookup: guard.lookup, maxHeaderSize: MAX_HEADER_SIZE };
    if (proxy === null && this.sloppy.get(url.host)) return lenientRequest(url, lenient);
    try {
      return request(url, {
        dispatcher: this.dispatcher(proxy),
        headers,
        timeout,
        headersTimeout: this.limits.headers,
        bodyTimeout: this.limits.body,
      });
    } catch (error) {
      if (proxy !== null || !mayBeReadLeniently(error)) throw error;
      const response = lenientRequest(url, lenient);
      this.sloppy.set(url.host, true);
      return response;
    }
  }

  /** Closes the connections, whatever is under way on them. */
  close(): void {
    for (const agent of [this.agent, ...this.proxies.values()]) wait(agent.destroy());
  }

  private draft(url: URL): RequestDraft {
    const { credentials, proxies, publicHeaders } = this.options;
    const cookie = this.cookies(url);
    const headers = {
      "user-agent": this.options.userAgent,
      accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
      "accept-encoding": ACCEPT_ENCODING,
      ...(cookie === "" ? {} : { cookie }),
      ...publicHeaders,
      ...credentials?.for(url),
    };
    const draft: RequestDraft = { url, headers, proxy: proxies?.for(url) ?? null };
    try {
      this.options.onRequest?.(draft);
    } catch (error) {
      throw new CrawlError("hook", errorMessage(error), { cause: error });
    }
    return draft;
  }

  /** A proxy looks names up by itself: the guard sees literal addresses only. */
  private dispatcher(proxy: string | null): Dispatcher {
    if (proxy === null) return this.agent;
    let agent = this.proxies.get(proxy);
    if (agent === undefined)
      this.proxies.set(proxy, (agent = createProxyAgent(proxy, this.limits.connect)));
    return agent;
  }

  private read(head: Head, body: ReadableBody, wanted: Wanted): Answer {
    if (typeof wanted === "number") {
      const received = readStart(body, wanted);
      return {
        ...head,
        body: this.decompressStart(head, received, wanted),
        bytes: received.length + (body instanceof RecordedBody ? this.drain(body) : 0),
      };
    }
    const wantsHtml = wanted === "html" || wanted === "html or css";
    if (wantsHtml && isHtml(head.contentType)) return this.readAll(head, body, []);
    const wantsCss = wanted === "css" || wanted === "html or css";
    if (wantsCss && isCss(head.contentType)) return this.readAll(head, body, []);
    if (wantsHtml && isUnknown(head.contentType)) {
      const start = readStart(body, SNIFF_LENGTH);
      const noSniff = head.header("x-content-type-options")?.trim().toLowerCase() === "nosniff";
      const look = this.decompressStart(head, start, SNIFF_LENGTH);
      const contentType = sniffContentType(look, noSniff);
      if (isHtml(contentType)) return this.readAll({ ...head, contentType }, body, [start]);
      return { ...head, body: null, bytes: start.length + this.drain(body) };
    }
    return { ...head, body: null, bytes: this.drain(body) };
  }

  /** @param before what was read already */
  private readAll(head: Head, body: ReadableBody, before: Buffer[]): Answer {
    const limit = this.options.bodyLimit;
    const rest = body.bytes({ limit: Math.max(0, limit - sizeOf(before)) });
    const received = before.length === 0 ? rest : Buffer.concat([...before, rest]);
    const decompressed = decompress(received, codingsOf(head), { limit });
    return { ...head, body: decompressed, bytes: received.length };
  }

  /** Takes what is left, so much as is worth it; all of it when it is kept by somebody. */
  private drain(body: ReadableBody): number {
    if (body instanceof RecordedBody) return drain(body, this.options.bodyLimit, Infinity);
    return drain(body, DRAIN_LIMIT, DRAIN_TIME);
  }

  private decompressStart(head: Head, received: Buffer, limit: number): Buffer {
    return decompress(received, codingsOf(head), { limit, cut: true });
  }

  /** An error that says what happened by the names and numbers that the user knows. */
  private inUsersWords(error: unknown, phase: string, proxy: string | null): unknown {
    const ofProxy = proxy === null ? null : proxyError(error, proxy);
    if (ofProxy !== null) return ofProxy;
    const { timeout, bodyLimit } = this.options;
    const { connect, headers, body } = this.limits;
    const timedOut = (message: string): CrawlError =>
      new CrawlError("timeout", message, { cause: error, passing: true });
    switch ((error as { code?: unknown } | null)?.code) {
      case "UND_ERR_HEADERS_TIMEOUT":
        return timedOut(`an answer did not come within ${headers} ms`);
      case "UND_ERR_BODY_TIMEOUT":
        return timedOut(`nothing more of the body came for ${body} ms`);
      case "UND_ERR_CONNECT_TIMEOUT": {
        const options = { cause: error, passing: true };
        return new CrawlError("connect-timeout", `could not connect within ${connect} ms`, options);
      }
    }
    if (error instanceof Timeout) return timedOut(`${phase} did not come within ${timeout} ms`);
    if (!(error instanceof BodyTooLargeError)) return error;
    return new CrawlError("body-too-large", `the body is larger than ${bodyLimit} bytes`);
  }
}

function headOf({ status, headers }: LenientResponse): Head {
  const all = (name: string): readonly string[] => {
    const value = headers[name];
    return value === undefined ? [] : Array.isArray(value) ? value : [value];
  };
  return {
    status,
    contentType: extractContentType(all("content-type")),
    header: (name) => headers[name]?.toString(),
    headers: all,
  };
}

function codingsOf(head: Head): string {
  return head.headers("content-encoding").join(",");
}

/** Reads until there are so many bytes, or the body ends. */
function readStart(body: ReadableBody, limit: number): Buffer {
  const chunks: Buffer[] = [];
  while (sizeOf(chunks) < limit) {
    const chunk = body.read();
    if (chunk === null) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function sizeOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((size, { length }) => size + length, 0);
}

/**
 * Whatever happens to a body that nobody wants, the answer has been had.
 *
 * @returns the bytes received before the rest, if any, was given up
 */
function drain(body: ReadableBody, limit: number, time: number): number {
  const until = performance.now() + time;
  let bytes = 0;
  try {
    while (bytes < limit) {
      const left = time === Infinity ? undefined : Math.max(0, until - performance.now());
      const chunk = body.read(left === undefined ? undefined : { timeout: left });
      if (chunk === null) break;
      bytes += chunk.length;
    }
  } catch (error) {
    if (errorCode(error) === "interrupted") throw error;
  }
  return bytes;
}
