import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { BODY_OPTIONS, type BodyOptions, DEFAULT_BODY_LIMIT } from "./body.js";
import { type CallOptions, Deadline } from "./deadline.js";
import { BodyTooLargeError } from "./errors.js";
import { limitOf } from "./reader.js";
import { StreamReader } from "./stream-reader.js";

/** An IncomingMessage of `node:http` whose body is read in blocking style. */
export class BlockingMessage implements Iterable<Buffer> {
  /**
   * Node's message, for what is not here: `socket`, `trailers`, `complete`. Do not read from it.
   */
  readonly message: IncomingMessage;
  private readonly reader: StreamReader;

  constructor(message: IncomingMessage) {
    this.message = message;
    this.reader = new StreamReader(message, "http.IncomingMessage");
  }

  get statusCode(): number {
    return this.message.statusCode ?? 0;
  }

  get statusMessage(): string {
    return this.message.statusMessage ?? "";
  }

  get httpVersion(): string {
    return this.message.httpVersion;
  }

  get headers(): IncomingHttpHeaders {
    return this.message.headers;
  }

  get rawHeaders(): string[] {
    return this.message.rawHeaders;
  }

  /** The next bytes of the body, at most `max`; null at its end. */
  readSync(max?: number, options?: CallOptions): Buffer | null {
    return this.reader.read(max, options);
  }

  [Symbol.iterator](): Iterator<Buffer, void, undefined> {
    return this.reader[Symbol.iterator]();
  }

  /**
   * All that is left of the body.
   *
   * @throws BodyTooLargeError when it is larger than `limit` bytes (64 MiB by default); the
   *   connection is closed.
   */
  bytesSync(options?: BodyOptions): Buffer {
    const what = "http.IncomingMessage.bytes";
    const deadline = Deadline.of(what, options, BODY_OPTIONS);
    const limit = limitOf(options, DEFAULT_BODY_LIMIT);
    const bytes = this.reader.readAll(limit, what, deadline);
    if (bytes !== null) return bytes;
    this.destroy();
    throw new BodyTooLargeError(limit);
  }

  /** All that is left, as UTF-8 text. */
  textSync(options?: BodyOptions): string {
    return this.bytesSync(options).toString("utf8");
  }

  /** All that is left, parsed as JSON. The type is the caller's claim, nothing checks it. */
  jsonSync<T = unknown>(options?: BodyOptions): T {
    return JSON.parse(this.textSync(options)) as T;
  }

  /** Gives up the rest of the body, and the connection with it. */
  destroy(): void {
    this.message.destroy();
  }

  [Symbol.dispose](): void {
    this.destroy();
  }
}
