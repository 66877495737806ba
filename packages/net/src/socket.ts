import type * as net from "node:net";
import type { CallOptions } from "./deadline.js";
import { SocketClosedError } from "./errors.js";
import { type LimitOptions, StreamReader } from "./stream-reader.js";
import { StreamWriter } from "./stream-writer.js";

/**
 * A connected TCP or Unix socket whose calls block only the greenlet. Made by `connect` and `Listener.accept`.
 *
 * One greenlet may read while another writes; two that do the same throw ConcurrentObjectUseError.
 */
export class Socket implements Iterable<Buffer> {
  static readonly #ofStream = new WeakMap<net.Socket, Socket>();

  /** The Node socket underneath, for what is not here: `setNoDelay`, `unref`, addresses, TLS details. Do not read from it. */
  readonly stream: net.Socket;
  readonly #reader: StreamReader;
  readonly #writer: StreamWriter;

  private constructor(stream: net.Socket) {
    this.stream = stream;
    this.#reader = new StreamReader(stream, "net.Socket");
    this.#writer = new StreamWriter(stream, "net.Socket");
  }

  /** The blocking view of a Node socket; always the same one for the same socket. From now on read only through it. */
  static from(stream: net.Socket): Socket {
    let socket = Socket.#ofStream.get(stream);
    if (socket === undefined) {
      socket = new Socket(stream);
      Socket.#ofStream.set(stream, socket);
    }
    return socket;
  }

  get remoteAddress(): string | undefined {
    return this.stream.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.stream.remotePort;
  }

  get localPort(): number | undefined {
    return this.stream.localPort;
  }

  get closed(): boolean {
    return this.stream.destroyed;
  }

  /** {@inheritDoc StreamReader.read} */
  read(max?: number, options?: CallOptions): Buffer | null {
    return this.#reader.read(max, options);
  }

  /** {@inheritDoc StreamReader.readExactly} */
  readExactly(size: number, options?: CallOptions): Buffer {
    return this.#reader.readExactly(size, options);
  }

  /** {@inheritDoc StreamReader.readUntil} */
  readUntil(delimiter: string | Uint8Array, options?: LimitOptions): Buffer {
    return this.#reader.readUntil(delimiter, options);
  }

  /** {@inheritDoc StreamReader.readLine} */
  readLine(options?: LimitOptions): string | null {
    return this.#reader.readLine(options);
  }

  /** The chunks as they come, until the peer ends. */
  [Symbol.iterator](): Iterator<Buffer, void, undefined> {
    return this.#reader[Symbol.iterator]();
  }

  /** {@inheritDoc StreamWriter.write} */
  write(data: string | Uint8Array, options?: CallOptions): void {
    this.#writer.write(data, options);
  }

  /** Writes `data`, if any, then nothing more: the peer reads the end, and may still send. */
  end(data?: string | Uint8Array, options?: CallOptions): void {
    if (data !== undefined) this.#writer.write(data, options);
    this.#writer.end(options);
  }

  /** Shuts down the writing half, as shutdown(2) with SHUT_WR does. */
  shutdown(options?: CallOptions): void {
    this.#writer.end(options);
  }

  /**
   * Closes at once, without blocking; greenlets waiting on this socket get a SocketClosedError. May be called
   * anywhere, and twice.
   */
  close(): void {
    const error = new SocketClosedError();
    this.#reader.fail(error);
    this.#writer.fail(error);
    this.stream.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
