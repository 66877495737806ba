import type { LookupFunction } from "node:net";
import type { BlockingMessage, Body, CallOptions, NetResponse } from "greenlit/net";
import { requestMessage } from "greenlit/net";

export interface LenientOptions {
  readonly headers: Record<string, string>;
  readonly lookup: LookupFunction;
  /** Bytes of the head, at most. */
  readonly maxHeaderSize: number;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/** As that of `request`, with what is needed of its body. */
export type LenientResponse = Omit<NetResponse, "body"> & { readonly body: ReadableBody };
export type ReadableBody = Pick<Body, "read" | "bytes" | "destroy">;

/**
 * Whether a server's answer failed for its form alone, at its head: line feeds without carriage
 * returns, folded headers, "100 Continue" that nobody asked for (which undici refuses, though RFC
 * 9110 section 15.2 has clients take any 1xx).
 */
export function mayBeReadLeniently(error: unknown): boolean {
  const { code, name, message } = error as { code?: unknown; name?: unknown; message?: unknown };
  return name === "HTTPParserError" || (code === "UND_ERR_SOCKET" && message === "bad response");
}

/**
 * A request whose answer is read as browsers read it, by Node's own parser. What that takes for the
 * end of an answer need not be what the server meant, so its connection is used once only.
 *
 * @throws what `requestMessage` of `greenlit/net` throws
 */
export function lenientRequest(url: URL, options: LenientOptions): LenientResponse {
  const until = performance.now() + options.timeout;
  const message = requestMessage(url, { ...options, agent: false, insecureHTTPParser: true });
  return {
    status: message.statusCode,
    statusText: message.statusMessage,
    headers: headersOf(message),
    rawHeaders: message.rawHeaders,
    body: new MessageBody(message, until),
  };
}

/** Several of one name are an array: Node itself would join some of them, and drop others. */
function headersOf({ rawHeaders }: BlockingMessage): Record<string, string | string[]> {
  const headers: Record<string, string | string[]> = Object.create(null) as typeof headers;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    const before = headers[name];
    const value = rawHeaders[at + 1]!;
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

class MessageBody implements ReadableBody {
  private readonly message: BlockingMessage;
  /** By `performance.now()`. */
  private readonly until: number;

  constructor(message: BlockingMessage, until: number) {
    this.message = message;
    this.until = until;
  }

  read(options?: CallOptions): Buffer | null {
    return this.message.readSync(undefined, { timeout: this.left, ...options });
  }

  bytes(options?: { readonly limit?: number }): Buffer {
    return this.message.bytesSync({ timeout: this.left, ...options });
  }

  destroy(): void {
    this.message.destroy();
  }

  private get left(): number {
    return Math.max(0, this.until - performance.now());
  }
}
