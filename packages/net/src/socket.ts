import { closeSync, fstatSync, openSync } from "node:fs";
import type * as net from "node:net";
import { ConcurrentObjectUseError } from "@greenlit/core";
import { blocker, checkTimeout, outOfRange, WAIT, wrongType } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { SocketClosedError } from "./errors.js";
import { type LimitOptions, Reader } from "./reader.js";
import { StreamTransport } from "./stream-transport.js";
import type { Data, Transport } from "./transport.js";
import { untilNull } from "./steps.js";

/** Options of `sendFile`. */
export interface SendFileOptions extends CallOptions {
  /** Where to begin, in bytes. Default: 0. */
  readonly start?: number | undefined;
  /** How many bytes at most. Default: all from there on. */
  readonly size?: number | undefined;
}

const SEND_FILE_OPTIONS = [...WAIT, "start", "size"];

function checkBytes(name: string, value: number): void {
  const must = "a whole number of bytes, 0 or more";
  if (typeof value !== "number") throw wrongType(name, must, value);
  if (!Number.isSafeInteger(value) || value < 0) throw outOfRange(name, must, value);
}

/**
 * A connected TCP, Unix or TLS socket whose calls block only the greenlet. Made by `connect` and
 * `Listener.accept`.
 *
 * One greenlet may read while another writes; two that do the same throw ConcurrentObjectUseError.
 */
export class Socket implements Iterable<Buffer> {
  private static readonly ofStream = new WeakMap<net.Socket, Socket>();

  private readonly transport: Transport;
  private readonly reader: Reader;
  private writing = false;
  private ms: number | null = null;

  /** @internal Use `connect`, `Listener.accept`, {@link Socket.from}. */
  constructor(transport: Transport) {
    this.transport = transport;
    this.reader = new Reader(transport, "net.Socket");
  }

  /**
   * The blocking view of a Node socket; always the same one for the same socket. From now on read
   * only through it.
   */
  static from(stream: net.Socket): Socket {
    let socket = Socket.ofStream.get(stream);
    if (socket === undefined) {
      socket = new Socket(new StreamTransport(stream));
      Socket.ofStream.set(stream, socket);
    }
    return socket;
  }

  /**
   * The Node socket underneath, for what is not here, such as the certificate of a TLS peer; null
   * where there is none, because the descriptor is used directly. Do not read from it.
   */
  get stream(): net.Socket | null {
    return this.transport instanceof StreamTransport ? this.transport.stream : null;
  }

  get localAddress(): string | undefined {
    return this.transport.localAddress;
  }

  get localPort(): number | undefined {
    return this.transport.localPort;
  }

  get remoteAddress(): string | undefined {
    return this.transport.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.transport.remotePort;
  }

  get closed(): boolean {
    return this.transport.closed;
  }

  /**
   * The longest that a call may take which is given no `timeout`, in milliseconds. Null, as at
   * first: without limit.
   */
  get timeout(): number | null {
    return this.ms;
  }

  /** @throws TypeError, RangeError unless it is a number of milliseconds, 0 or more, or null. */
  set timeout(ms: number | null) {
    checkTimeout("timeout", ms);
    this.ms = ms;
  }

  /** {@inheritDoc StreamReader.read} */
  read(max?: number, options?: CallOptions): Buffer | null {
    return this.reader.read(max, this.ms === null ? options : this.within(options));
  }

  /** {@inheritDoc StreamReader.readExactly} */
  readExactly(size: number, options?: CallOptions): Buffer {
    return this.reader.readExactly(size, this.within(options));
  }

  /** {@inheritDoc StreamReader.readUntil} */
  readUntil(delimiter: string | Uint8Array, options?: LimitOptions): Buffer {
    return this.reader.readUntil(delimiter, this.within(options));
  }

  /** {@inheritDoc StreamReader.readLine} */
  readLine(options?: LimitOptions): string | null {
    return this.reader.readLine(this.within(options));
  }

  /** @internal {@inheritDoc Reader.unread} */
  unread(bytes: Buffer): void {
    this.reader.unread(bytes);
  }

  /** The chunks as they come, until the peer ends. */
  [Symbol.iterator](): IterableIterator<Buffer> {
    return untilNull(() => this.read());
  }

  /**
   * Writes all of `data`; a string as UTF-8. What an interrupted call has not written goes before
   * the data of the next one.
   *
   * @throws ConcurrentObjectUseError when another greenlet is writing.
   * @throws SocketClosedError when the socket was closed, or shut down for writing.
   */
  write(data: Data, options?: CallOptions): void {
    if (typeof data !== "string" && !(data instanceof Uint8Array))
      throw wrongType("data", "a string or Uint8Array", data);
    this.send("net.Socket.write", data, options);
  }

  /** As `write`, of several chunks, which go in as few system calls as possible. */
  writev(chunks: readonly Uint8Array[], options?: CallOptions): void {
    if (!Array.isArray(chunks) || !chunks.every((one) => one instanceof Uint8Array))
      throw wrongType("chunks", "an array of Uint8Array", chunks);
    this.send("net.Socket.writev", chunks, options);
  }

  /**
   * Writes a file, or part of it; over a descriptor with sendfile(2), without a copy. Where it is
   * not cached, the thread waits for the disk. After an interrupt it is not known how much went.
   *
   * @param file its path, or an open descriptor.
   * @returns how many bytes.
   */
  sendFile(file: string | number, options?: SendFileOptions): number {
    const what = "net.Socket.sendFile";
    const deadline = Deadline.of(what, this.within(options), SEND_FILE_OPTIONS);
    const { start = 0, size } = options ?? {};
    checkBytes("start", start);
    if (size !== undefined) checkBytes("size", size);
    blocker(what);
    this.begin();
    let fd = -1;
    try {
      fd = typeof file === "number" ? file : openSync(file, "r");
      const rest = Math.max(0, fstatSync(fd).size - start);
      return this.transport.sendFile(fd, start, Math.min(rest, size ?? rest), what, deadline);
    } finally {
      this.writing = false;
      if (fd >= 0 && typeof file !== "number") closeSync(fd);
    }
  }

  /** Writes `data`, if any, then nothing more: the peer reads the end, and may still send. */
  end(data?: Data, options?: CallOptions): void {
    if (data !== undefined) this.write(data, options);
    this.finish("net.Socket.end", options);
  }

  /** Shuts down the writing half, as shutdown(2) with SHUT_WR does. */
  shutdown(options?: CallOptions): void {
    this.finish("net.Socket.shutdown", options);
  }

  /**
   * Closes at once, without blocking; greenlets waiting on this socket get a SocketClosedError. May
   * be called anywhere, and twice.
   */
  close(): void {
    this.transport.close(new SocketClosedError());
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Hands the connection over to Node, for a library that wants one of Node's sockets: that is
   * returned, and begins with what had arrived and was not read. This socket is closed then.
   *
   * @throws SocketClosedError when it is closed.
   */
  detach(): net.Socket {
    if (this.closed) throw new SocketClosedError();
    const stream = this.transport.detach(
      new SocketClosedError("the socket was handed over to Node"),
    );
    Socket.ofStream.delete(stream);
    const rest = this.reader.rest();
    if (rest.length > 0) stream.unshift(rest);
    return stream;
  }

  /** Whether small pieces are sent at once (TCP_NODELAY). */
  setNoDelay(on: boolean = true): void {
    this.transport.setNoDelay(on);
  }

  /**
   * Whether the system asks a silent peer, after `delay` milliseconds, if it is still there
   * (SO_KEEPALIVE). Default for `delay`: the system's.
   */
  setKeepAlive(on: boolean = true, delay: number = 0): void {
    this.transport.setKeepAlive(on, delay);
  }

  /** Undoes `unref`. */
  ref(): void {
    this.transport.ref();
  }

  /** Greenlets that wait on this socket do not keep the process alive. */
  unref(): void {
    this.transport.unref();
  }

  private send(
    what: string,
    data: Data | readonly Uint8Array[],
    options: CallOptions | undefined,
  ): void {
    const deadline = Deadline.of(what, this.ms === null ? options : this.within(options));
    this.begin();
    try {
      this.transport.send(data, what, deadline);
    } finally {
      this.writing = false;
    }
  }

  private finish(what: string, options: CallOptions | undefined): void {
    const deadline = Deadline.of(what, this.within(options));
    this.begin();
    try {
      this.transport.shutdown(what, deadline);
    } finally {
      this.writing = false;
    }
  }

  private begin(): void {
    if (this.writing) throw new ConcurrentObjectUseError("two greenlets write the same net.Socket");
    this.writing = true;
  }

  /** Adds the socket's own timeout to options that are some, and have none. */
  private within<O extends CallOptions>(options: O | undefined): O | undefined {
    if (this.ms === null || options?.timeout !== undefined) return options;
    if (options !== undefined && (typeof options !== "object" || options === null)) return options;
    return { ...options, timeout: this.ms } as O;
  }
}
