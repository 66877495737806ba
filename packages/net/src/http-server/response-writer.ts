import { wrongType } from "@greenlit/core/blocking-call";
import { fetchPieces } from "./fetch-pieces.js";
import type { RequestHead } from "./request-head.js";
import { headerLines, ResponseHead } from "./response-head.js";
import type { ResponseBody, ServerResponse } from "./server-response.js";

/** The connection of a response, as the writer sees it. */
export interface ResponseConnection {
  /** Whether it lives on behind this response. */
  livesOn(): boolean;
  /** It does not. */
  closeBehind(): void;
  /** In seconds, for the client to know. */
  readonly idleSeconds: number;
  /** Sends text in Latin 1, `size` bytes, text in Latin 1. */
  send(before: string, data: string | Uint8Array, size: number, after: string): void;
}

/** What a response depends on of its request. */
export type Asked = Pick<RequestHead, "method" | "version">;

/** Sends the responses of one connection, one after the other. */
export class ResponseWriter {
  /** Whether this response can no more be replaced by another one. */
  headSent = false;
  private readonly connection: ResponseConnection;

  constructor(connection: ResponseConnection) {
    this.connection = connection;
  }

  /**
   * Sends all of it. Blocks, also in the iteration of the body.
   *
   * @throws TypeError, RangeError for what cannot be sent; whatever the iteration throws.
   */
  send(response: ServerResponse, request: Asked): void {
    const { body } = response;
    let begun = false;
    try {
      const head = new ResponseHead(response);
      if (head.close) this.connection.closeBehind();
      const { status } = head;
      if (request.method === "HEAD" || status === 204 || status === 304) {
        this.sendHead(head, lengthOfAbsent(head, body), request);
      } else if (body === null || body === undefined) {
        this.sendWhole(head, "", 0, request);
      } else if (typeof body === "string") {
        this.sendWhole(head, body, Buffer.byteLength(body), request);
      } else if (body instanceof Uint8Array) {
        this.sendWhole(head, body, body.length, request);
      } else {
        const pieces = piecesOf(body);
        begun = true;
        this.sendPieces(head, pieces, request, response.trailers);
      }
    } finally {
      if (!begun) dispose(body);
    }
  }

  private sendWhole(
    head: ResponseHead,
    body: string | Uint8Array,
    size: number,
    request: Asked,
  ): void {
    if (head.length !== size && !Number.isNaN(head.length)) throw wrongLength(head.length, size);
    this.headSent = true;
    const lines = `${head.lines}content-length: ${size}\r\n${this.connectionLines(request)}`;
    this.connection.send(lines, body, size, "");
  }

  private sendHead(head: ResponseHead, length: number | null, request: Asked): void {
    this.headSent = true;
    const line = length === null ? "" : `content-length: ${length}\r\n`;
    this.connection.send(`${head.lines}${line}${this.connectionLines(request)}`, "", 0, "");
  }

  private sendPieces(
    head: ResponseHead,
    pieces: Iterable<string | Uint8Array>,
    request: Asked,
    trailers: ServerResponse["trailers"],
  ): void {
    const { connection } = this;
    const counted = !Number.isNaN(head.length);
    const chunked = !counted && request.version === 11;
    if (!counted && !chunked) connection.closeBehind(); // its end is the end of the body
    let sent = 0;
    let before: string | null = null;
    const begin = (): string => {
      this.headSent = true;
      const line = counted
        ? `content-length: ${head.length}\r\n`
        : chunked
          ? "transfer-encoding: chunked\r\n"
          : "";
      return `${head.lines}${line}${this.connectionLines(request)}`;
    };
    for (const piece of pieces) {
      checkPiece(piece);
      const size = typeof piece === "string" ? Buffer.byteLength(piece) : piece.length;
      sent += size;
      if (counted && sent > head.length) throw wrongLength(head.length, sent);
      before ??= this.headSent ? "" : begin();
      if (chunked && size > 0)
        connection.send(`${before}${size.toString(16)}\r\n`, piece, size, "\r\n");
      else if (size > 0 || before !== "") connection.send(before, piece, size, "");
      before = "";
    }
    if (counted && sent < head.length) throw wrongLength(head.length, sent);
    const end = chunked ? `0\r\n${headerLines(trailers?.())}\r\n` : "";
    before ??= begin();
    if (before !== "" || end !== "") connection.send(before, "", 0, end);
  }

  private connectionLines(request: Asked): string {
    const { idleSeconds } = this.connection;
    if (!this.connection.livesOn()) return "connection: close\r\n\r\n";
    if (request.version === 11 && idleSeconds === 0) return "\r\n";
    return `connection: keep-alive\r\nkeep-alive: timeout=${idleSeconds}\r\n\r\n`;
  }
}

/** The length that is told of a body that is not sent; null when it is not known. */
function lengthOfAbsent(head: ResponseHead, body: ResponseBody | null | undefined): number | null {
  if (head.status === 204) return null; // RFC 9110, 8.6
  if (!Number.isNaN(head.length)) return head.length;
  if (head.status === 304) return null;
  if (body === null || body === undefined) return 0;
  if (typeof body === "string") return Buffer.byteLength(body);
  return body instanceof Uint8Array ? body.length : null;
}

function piecesOf(body: ResponseBody): Iterable<string | Uint8Array> {
  if (typeof (body as ReadableStream).getReader === "function") {
    return fetchPieces(body as ReadableStream<Uint8Array>);
  }
  if (typeof (body as Iterable<Uint8Array>)[Symbol.iterator] === "function") {
    return body as Iterable<string | Uint8Array>;
  }
  throw wrongType("body", "a string, bytes, an iterable, a ReadableStream, or null", body);
}

/** Lets a body that is not sent clean up. */
function dispose(body: ResponseBody | null | undefined): void {
  if (body === null || typeof body !== "object" || body instanceof Uint8Array) return;
  if (typeof (body as ReadableStream).getReader === "function") {
    (body as ReadableStream).cancel().catch(() => {}); // it is locked: somebody else has it
  } else if (typeof (body as Iterable<string>)[Symbol.iterator] === "function") {
    (body as Iterable<string>)[Symbol.iterator]().return?.();
  }
}

function checkPiece(piece: string | Uint8Array): void {
  if (typeof piece === "string" || piece instanceof Uint8Array) return;
  throw wrongType("a piece of the body", "a string or bytes", piece);
}

function wrongLength(announced: number, sent: number): TypeError {
  return new TypeError(
    `the body has ${sent} bytes, and the header content-length of the response says ${announced}`,
  );
}
