import { Body, type BodyOptions } from "../body.js";
import { type CallOptions, Deadline } from "../deadline.js";
import type { Socket } from "../socket.js";
import { RequestHeaders } from "./request-headers.js";
import type { RequestHead } from "./request-head.js";
import type { ResponseHeaders } from "./server-response.js";

/** The connection of a request, as the request sees it. */
export interface RequestConnection {
  readonly scheme: "http" | "https";
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  /** Called before a body is read: the client may wait for that. */
  askForBody(): void;
  upgrade(request: ServerRequest, status: number, headers: ResponseHeaders | undefined): Socket;
}

/** How another protocol begins. */
export interface UpgradeOptions {
  /** Default: 101, and 200 when the method is CONNECT. */
  readonly status?: number | undefined;
  /** Of the response. `upgrade` is copied from the request, if it is not among them. */
  readonly headers?: ResponseHeaders | undefined;
}

/** A request that a server got. What is read of its body blocks the greenlet alone. */
export class ServerRequest implements Iterable<Buffer> {
  /** In capital letters. */
  readonly method: string;
  /** What the request line asks for, as it was sent: "/path?query", seldom a whole URL, or "*". */
  readonly target: string;
  /** @internal */
  readonly head: RequestHead;
  /** @internal The body as it comes; null when there is none. */
  incoming: Body | null = null;
  /** @internal What came behind the body. */
  trailing: readonly string[] = [];
  private readonly connection: RequestConnection;
  private allHeaders: RequestHeaders | null = null;
  private controller: AbortController | null = null;
  private gone: Error | null = null;

  /** @internal */
  constructor(connection: RequestConnection, head: RequestHead) {
    this.connection = connection;
    this.head = head;
    this.method = head.method;
    this.target = head.target;
  }

  get headers(): RequestHeaders {
    return (this.allHeaders ??= new RequestHeaders(this.head));
  }

  /** The whole URL, of the target and the Host that the client named. Not checked, not changed. */
  get url(): string {
    const { head, target, connection } = this;
    if (target.startsWith("/") || target === "*") {
      return `${connection.scheme}://${head.host ?? ""}${target === "*" ? "" : target}`;
    }
    return this.method === "CONNECT" ? `${connection.scheme}://${target}` : target;
  }

  /** The target up to its "?". */
  get path(): string {
    const end = this.target.indexOf("?");
    return end === -1 ? this.target : this.target.slice(0, end);
  }

  /** As "1.1". */
  get httpVersion(): "1.0" | "1.1" {
    return this.head.version === 10 ? "1.0" : "1.1";
  }

  get remoteAddress(): string | undefined {
    return this.connection.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.connection.remotePort;
  }

  /** The body; an empty one, if there is none. */
  get body(): Body {
    const body = (this.incoming ??= emptyBody());
    this.connection.askForBody();
    return body;
  }

  /** {@inheritDoc Body.read} */
  read(options?: CallOptions): Buffer | null {
    return this.body.read(options);
  }

  /** {@inheritDoc Body.bytes} */
  bytes(options?: BodyOptions): Buffer {
    return this.body.bytes(options);
  }

  /** {@inheritDoc Body.text} */
  text(options?: BodyOptions): string {
    return this.body.text(options);
  }

  /** {@inheritDoc Body.json} */
  json<T = unknown>(options?: BodyOptions): T {
    return this.body.json<T>(options);
  }

  /** The body piece by piece, as it comes. */
  [Symbol.iterator](): Iterator<Buffer, void, undefined> {
    return this.body[Symbol.iterator]();
  }

  /** What the client sent behind a body in chunks; empty until the end of the body was read. */
  get trailers(): RequestHeaders {
    return new RequestHeaders(null, this.trailing);
  }

  /** Whether the client has closed the connection before it had the whole response. */
  get aborted(): boolean {
    return this.gone !== null;
  }

  /** Aborts when the client has left, with a ClientGoneError. */
  get signal(): AbortSignal {
    if (this.controller === null) {
      this.controller = new AbortController();
      if (this.gone !== null) this.controller.abort(this.gone);
    }
    return this.controller.signal;
  }

  /**
   * Answers with "101 Switching Protocols", and gives the connection, on which the handler speaks
   * what it likes. It is closed when the handler returns; what that returns is not sent.
   *
   * @throws TypeError unless the client asked for it, and its body, if any, was read.
   */
  upgrade(options: UpgradeOptions = {}): Socket {
    const { status = this.method === "CONNECT" ? 200 : 101, headers } = options;
    return this.connection.upgrade(this, status, headers);
  }

  /** @internal The client has left. */
  abort(error: Error): void {
    this.gone = error;
    this.incoming?.fail(error);
    this.controller?.abort(error);
  }
}

const NOTHING = { pause: () => {}, resume: () => {}, abort: () => {} };

function emptyBody(): Body {
  const body = new Body(NOTHING, Deadline.of("http.body", undefined), 0);
  body.end();
  return body;
}
