import { getHub, type Greenlet, Timeout, wait } from "@greenlit/core";
import { spawnWithoutSite, Waiter } from "@greenlit/core/blocking-call";
import type { CallOptions } from "../deadline.js";
import { BodyTooLargeError } from "../errors.js";
import type { Socket } from "../socket.js";
import { BadRequestError } from "./bad-request-error.js";
import { ClientGoneError } from "./client-gone-error.js";
import { ConnectionTimer } from "./connection-timer.js";
import { IncomingBody } from "./incoming-body.js";
import type { ServerLimits } from "./limits.js";
import { LONGEST_INPUT } from "./llhttp.js";
import { writeTogether } from "./output.js";
import type { RequestHead } from "./request-head.js";
import { RequestParser } from "./request-parser.js";
import { headerLines, statusLine } from "./response-head.js";
import { type Asked, type ResponseConnection, ResponseWriter } from "./response-writer.js";
import { type RequestConnection, ServerRequest } from "./server-request.js";
import { checkResponse, type ResponseHeaders, type ServerResponse } from "./server-response.js";

/** How long a connection that was shut down stays, for the client to read to the end, in ms. */
const LINGER = 2000;

/** What an answer is for that is given before there is a request. */
const NO_REQUEST: Asked = { method: "GET", version: 11 };

/** What is sent of a body before its time begins anew, in bytes. */
const MOST_AT_ONCE = 1024 * 1024;

const TEXT = { "content-type": "text/plain; charset=utf-8" };

/** The server, as its connections see it. */
export interface Owner {
  readonly limits: ServerLimits;
  readonly scheme: "http" | "https";
  readonly stopping: boolean;
  /** Calls `answer`: the function of the greenlet of a request, with the name of the handler. */
  readonly answer: (connection: HttpConnection, request: ServerRequest) => void;
  readonly handler: (request: ServerRequest) => ServerResponse | Promise<ServerResponse>;
  /** The connection has ended, and so has its last request. */
  forget(connection: HttpConnection): void;
}

/**
 * One connection of a server. Its own greenlet, the reader, finds the requests, starts a greenlet
 * for each, one after the other, and feeds it the body. Then it reads on, for the next request, or
 * to see the client leave. The request's greenlet writes.
 *
 * ```
 *   reader    read ─▶ head ─▶ spawn ─▶ body ─▶ read ─▶ next head ...
 *   request                     └─▶ handler ─▶ response
 * ```
 */
export class HttpConnection implements RequestConnection, ResponseConnection {
  readonly idleSeconds: number;
  private readonly owner: Owner;
  private readonly socket: Socket;
  private readonly parser: RequestParser;
  private readonly writer = new ResponseWriter(this);
  private readonly timer: ConnectionTimer;
  /** The request that is being answered, and its greenlet. */
  private current: ServerRequest | null = null;
  private greenlet: Greenlet<void> | null = null;
  /** Its body, while it comes. */
  private incoming: IncomingBody | null = null;
  /** The head of the last request that has begun. */
  private head: RequestHead | null = null;
  private requests = 0;
  /** When the head that is being received must be complete, on the hub's clock. */
  private headBy = Infinity;
  /** The reader, when it waits for something else than bytes. */
  private resting: Waiter | null = null;
  /** Bytes behind a request for another protocol. */
  private behind: Buffer | null = null;
  private keepAlive = true;
  /** The client waits for "100 Continue". */
  private expecting = false;
  /** Another protocol is spoken. */
  private upgraded = false;
  /** The last response is sent. */
  private shut = false;
  /** The client sends no more. */
  private ended = false;
  /** The client cannot be reached any more. */
  private lost = false;
  /** What reading from it, or writing to it, threw. */
  private lostBy: unknown = null;
  private readerEnded = false;
  /** Another greenlet does what is left to do for the request. */
  private replaced = false;

  constructor(owner: Owner, socket: Socket) {
    this.owner = owner;
    this.socket = socket;
    this.parser = new RequestParser(owner.limits);
    this.timer = new ConnectionTimer(
      () => this.close(),
      () => this.tooSlow(),
    );
    const { idleTimeout } = owner.limits;
    this.idleSeconds = idleTimeout === Infinity ? 0 : Math.floor(idleTimeout / 1000);
  }

  get scheme(): "http" | "https" {
    return this.owner.scheme;
  }

  get remoteAddress(): string | undefined {
    return this.socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.socket.remotePort;
  }

  /** What the reader does, until the connection has ended and its last request with it. */
  run(): void {
    this.timer.closeIn(this.owner.limits.headTimeout);
    try {
      while (!this.ended && !this.upgraded) {
        const bytes = this.receive();
        if (bytes === null) this.ended = true;
        else if (!this.shut) this.feed(bytes);
      }
      if (this.ended) this.tellGone();
      this.untilAnswered();
    } catch (error) {
      this.lost = true;
      this.tellGone();
      // The client has reset it, a time was over, or the server has stopped.
      if (error !== this.lostBy) throw error;
    }
  }

  /** The reader has ended, however that came about. Does not block. */
  end(): void {
    this.readerEnded = true;
    this.parser.close();
    this.close();
    if (this.current === null) this.owner.forget(this);
  }

  /** What the greenlet of a request does. */
  answer(request: ServerRequest): void {
    try {
      let response = this.owner.handler(request);
      if (response instanceof Promise) response = wait(response);
      if (!this.upgraded) {
        checkResponse(response);
        this.writer.send(response, request.head);
      }
    } catch (error) {
      if (this.greenlet?.signal.aborted === true) {
        this.replaced = true;
        this.greenlet = spawnWithoutSite(this.onGreenletEnd, apologize, this, error, request);
        throw error;
      }
      const isTold = this.sendError(error, request.head);
      this.finish();
      if (!isTold) throw error;
      return;
    }
    this.finish();
  }

  /** Answers for a greenlet that was killed, and cannot wait for anything any more. */
  apologize(error: unknown, request: ServerRequest): void {
    this.sendError(error, request.head);
    this.finish();
  }

  /** The server stops: no further request begins here. */
  stop(): void {
    this.keepAlive = false;
    if (this.current === null && !this.parser.begun && !this.shut) this.close();
  }

  /** The server has waited long enough. */
  kill(): void {
    this.greenlet?.kill(undefined, { block: false });
    this.close();
  }

  /** Whether it lives on behind this response: asked when the head is sent. */
  livesOn(): boolean {
    // What it waits to send, or is still sending, must not be taken for the next request.
    if (this.expecting || this.incoming?.endless === true) this.keepAlive = false;
    return this.keepAlive;
  }

  /** It does not live on behind this response. */
  closeBehind(): void {
    this.keepAlive = false;
  }

  send(before: string, data: string | Uint8Array, size: number, after: string): void {
    try {
      if (size > MOST_AT_ONCE) return this.sendInParts(before, data, after);
      this.timer.closeIn(this.owner.limits.sendTimeout);
      writeTogether(this.socket, before, data, size, after);
      this.timer.closeIn(Infinity);
    } catch (error) {
      this.lost = true;
      this.lostBy = error;
      throw error;
    }
  }

  /** So that each part has its time. */
  private sendInParts(before: string, data: string | Uint8Array, after: string): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    for (let at = 0; at < bytes.length; at += MOST_AT_ONCE) {
      const part = bytes.subarray(at, at + MOST_AT_ONCE);
      const isLast = at + part.length === bytes.length;
      this.send(at === 0 ? before : "", part, part.length, isLast ? after : "");
    }
  }

  askForBody(): void {
    if (!this.expecting || this.writer.headSent) return;
    this.expecting = false;
    this.send("HTTP/1.1 100 Continue\r\n\r\n", "", 0, "");
  }

  upgrade(request: ServerRequest, status: number, headers: ResponseHeaders | undefined): Socket {
    if (this.current !== request || !request.head.upgrade) {
      throw new TypeError("upgrade: the client has not asked for another protocol");
    }
    if (this.incoming !== null) throw new TypeError("upgrade: read the body of the request first");
    if (this.upgraded) return this.socket;
    let lines = statusLine(status) + headerLines(headers);
    if (status === 101) {
      if (!/^upgrade:/im.test(lines)) lines += `upgrade: ${request.headers.get("upgrade")}\r\n`;
      lines += "connection: Upgrade\r\n";
    }
    this.writer.headSent = true;
    this.send(`${lines}\r\n`, "", 0, "");
    this.upgraded = true;
    if (this.behind !== null) this.socket.unread(this.behind);
    return this.socket;
  }

  private receive(): Buffer | null {
    while (this.incoming?.full === true) this.rest();
    const { parser } = this;
    if (!parser.begun || parser.head !== null || this.shut) return this.read();
    try {
      return this.read({ timeout: Math.max(0, this.headBy - getHub().clock.now()) });
    } catch (error) {
      if (!(error instanceof Timeout)) throw error;
      this.refuse(new BadRequestError(408, "the head of the request has not come in time"));
      return this.read();
    }
  }

  private read(options?: CallOptions): Buffer | null {
    try {
      return this.socket.read(LONGEST_INPUT, options);
    } catch (error) {
      this.lostBy = error;
      throw error;
    }
  }

  private feed(bytes: Buffer): void {
    const { parser } = this;
    for (let at = 0; at < bytes.length;) {
      const { begun } = parser;
      // The next request begins when this one is answered.
      if (!begun) this.untilAnswered();
      if (this.shut || this.lost) return;
      const part = at === 0 ? bytes : bytes.subarray(at);
      at += parser.parse(part);
      if (!begun && (parser.begun || parser.complete)) this.beginHead();
      this.take(part);
      if (parser.complete && this.current?.head.upgrade === true) {
        this.behind = at < bytes.length ? bytes.subarray(at) : null;
        this.untilAnswered();
        if (this.upgraded) return;
      }
    }
  }

  private beginHead(): void {
    const { headTimeout } = this.owner.limits;
    this.headBy = getHub().now + headTimeout;
    this.timer.closeIn(Infinity);
  }

  /** What the parser has found. */
  private take(bytes: Buffer): void {
    const { head, error, body, complete, trailers } = this.parser;
    if (error !== null) return this.refuse(error);
    if (head !== null && head !== this.head) {
      const { maxBodySize } = this.owner.limits;
      if (head.contentLength > maxBodySize) {
        return this.refuse(
          new BadRequestError(413, `the body is larger than ${maxBodySize} bytes`),
        );
      }
      this.begin(head);
    }
    const { incoming } = this;
    if (incoming === null) return;
    incoming.take(bytes, body);
    if (complete) {
      this.timer.receiveIn(Infinity);
      this.incoming = null;
      this.expecting = false;
      if (this.current !== null) this.current.trailing = trailers;
      incoming.body.end();
    } else if (incoming.endless && incoming.discarding) {
      this.keepAlive = false;
      this.untilAnswered();
      this.shutDown();
    }
  }

  private begin(head: RequestHead): void {
    const { limits, stopping, answer } = this.owner;
    const request = new ServerRequest(this, head);
    this.head = head;
    this.current = request;
    // What lies behind CONNECT is for the other end of the tunnel, also when there is none.
    const mayLiveOn = head.keepAlive && !stopping && head.method !== "CONNECT";
    this.keepAlive = mayLiveOn && ++this.requests < limits.maxRequestsPerConnection;
    this.writer.headSent = false;
    this.expecting = false;
    if (!this.parser.complete || this.parser.body.length > 0) {
      this.incoming = new IncomingBody(head.contentLength, limits.maxBodySize, () =>
        this.resting?.wake(),
      );
      request.incoming = this.incoming.body;
      this.expecting = head.expectsContinue;
      this.timer.receiveIn(limits.requestTimeout);
    }
    this.greenlet = spawnWithoutSite(this.onGreenletEnd, answer, this as HttpConnection, request);
  }

  /** Answers what is no request, or tells who reads its body, and closes the connection. */
  private refuse(error: BadRequestError): void {
    const { incoming } = this;
    this.incoming = null;
    incoming?.body.fail(error);
    this.keepAlive = false;
    this.untilAnswered();
    if (this.shut || this.lost) return;
    this.writer.headSent = false;
    this.writer.send(
      { status: error.status, headers: TEXT, body: `${error.message}\n` },
      NO_REQUEST,
    );
    this.shutDown();
  }

  /** The body takes too long. */
  private tooSlow(): void {
    this.keepAlive = false;
    const late = new BadRequestError(408, "the body of the request has not come in time");
    this.incoming?.body.fail(late);
    this.incoming?.abort();
  }

  /**
   * Answers for a handler that has failed.
   *
   * @returns whether it was not the handler's fault.
   */
  private sendError(error: unknown, request: RequestHead): boolean {
    if (error === this.lostBy) return true;
    const status = statusOf(error);
    if (this.writer.headSent) {
      this.lost = true;
    } else if (!this.lost) {
      if (error instanceof BadRequestError) this.keepAlive = false;
      const body = status === 500 ? "Internal Server Error\n" : `${(error as Error).message}\n`;
      try {
        this.writer.send({ status, headers: TEXT, body }, request);
      } catch {
        this.lost = true;
      }
    }
    return status !== 500;
  }

  /** The request has been answered, as well as it could be. */
  private finish(): void {
    this.current = null;
    this.greenlet = null;
    if (this.lost || this.upgraded || this.ended) this.close();
    else if (!this.keepAlive) this.shutDown();
    else {
      this.timer.closeIn(this.owner.limits.idleTimeout);
      this.incoming?.body.destroy();
    }
    if (this.readerEnded) this.owner.forget(this);
    else this.resting?.wake();
  }

  /** One that was killed before it ran, or for which there was no stack, has not answered. */
  private readonly onGreenletEnd = (): void => {
    if (this.replaced) this.replaced = false;
    else if (this.current !== null) {
      this.lost = true;
      this.finish();
    }
  };

  /** Closing at once could take a response away that the client has not read yet: RFC 9112, 9.6. */
  private shutDown(): void {
    if (this.shut) return;
    this.shut = true;
    this.timer.closeIn(LINGER);
    try {
      this.socket.shutdown();
    } catch {
      this.close();
    }
  }

  private tellGone(): void {
    this.current?.abort(new ClientGoneError());
  }

  private untilAnswered(): void {
    while (this.current !== null) this.rest();
  }

  private rest(): void {
    const waiter = new Waiter("http.connection");
    this.resting = waiter;
    try {
      waiter.wait();
    } finally {
      this.resting = null;
    }
  }

  private close(): void {
    this.timer.stop();
    this.socket.close();
  }
}

function apologize(connection: HttpConnection, error: unknown, request: ServerRequest): void {
  connection.apologize(error, request);
}

function statusOf(error: unknown): number {
  if (error instanceof BadRequestError) return error.status;
  if (error instanceof ClientGoneError) return 400; // it may still read, and has sent half a body
  return error instanceof BodyTooLargeError ? 413 : 500;
}
