import type { Readable, Writable } from "node:stream";
import { ConcurrentObjectUseError } from "@greenlit/core";
import { outOfRange, wrongType } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { SocketClosedError } from "./errors.js";
import { type LimitOptions, Reader } from "./reader.js";
import { StreamSource } from "./stream-source.js";
import { StreamWriter } from "./stream-writer.js";
import type { Data } from "./transport.js";
import { untilNull } from "./steps.js";

/** Any stream of Node's: of files, pipes, processes, compression, or one of your own. */
export type NodeStream = NodeJS.ReadableStream | NodeJS.WritableStream;

/**
 * A Node stream whose calls block only the greenlet. What is read is bytes; objects, one by one, in
 * object mode; strings after `setEncoding`.
 *
 * One greenlet may read while another writes; two that do the same throw ConcurrentObjectUseError.
 */
export class BlockingStream<T = Buffer> implements Iterable<T> {
  /** Node's stream. Do not read from it. */
  readonly stream: Readable & Writable;
  private readonly source: StreamSource | null;
  private readonly reader: Reader | null;
  private readonly writer: StreamWriter | null;
  private reading = false;

  /** @internal Use {@link blocking}. */
  constructor(stream: Readable & Writable) {
    this.stream = stream;
    this.source = typeof stream.read === "function" ? new StreamSource(stream, "stream") : null;
    this.reader = this.source === null ? null : new Reader(this.source, "stream");
    this.writer = typeof stream.write === "function" ? new StreamWriter(stream, "stream") : null;
  }

  get closed(): boolean {
    return this.stream.destroyed;
  }

  /**
   * What comes next, as soon as it is there; null at the end.
   *
   * @param max the most bytes to return. Default: all that have arrived. Objects come one by one.
   */
  read(max?: number, options?: CallOptions): T | null {
    const reader = this.readable();
    return (this.hasBytes ? reader.read(max, options) : this.readValue(max, options)) as T | null;
  }

  /** {@inheritDoc StreamReader.readExactly} */
  readExactly(size: number, options?: CallOptions): Buffer {
    return this.bytes("readExactly").readExactly(size, options);
  }

  /** {@inheritDoc StreamReader.readUntil} */
  readUntil(delimiter: string | Uint8Array, options?: LimitOptions): Buffer {
    return this.bytes("readUntil").readUntil(delimiter, options);
  }

  /** {@inheritDoc StreamReader.readLine} */
  readLine(options?: LimitOptions): string | null {
    return this.bytes("readLine").readLine(options);
  }

  /** What comes, until the end. Leaving the loop leaves the stream as it is. */
  [Symbol.iterator](): IterableIterator<T> {
    return untilNull(() => this.read());
  }

  /** Returns when the stream has passed on all of `data`; an object in object mode. */
  write(data: unknown, options?: CallOptions): void {
    this.writable().write(data as Data, options);
  }

  /** Writes `data`, if any, then nothing more. Returns when the stream has finished. */
  end(data?: unknown, options?: CallOptions): void {
    const writer = this.writable();
    if (data !== undefined) writer.write(data as Data, options);
    writer.end(options);
  }

  /** Destroys the stream; greenlets waiting on it get a SocketClosedError. Never blocks. */
  close(): void {
    const error = new SocketClosedError("the stream is closed");
    this.source?.fail(error);
    this.writer?.fail(error);
    this.stream.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private get hasBytes(): boolean {
    const { readableObjectMode, readableEncoding } = this.stream;
    return !readableObjectMode && (readableEncoding ?? null) === null;
  }

  private readValue(max: number | undefined, options: CallOptions | undefined): unknown {
    const what = "stream.read";
    const deadline = Deadline.of(what, options);
    if (max !== undefined && !(max > 0)) throw outOfRange("max", "more than 0", max);
    if (this.reading) throw new ConcurrentObjectUseError("two greenlets read the same stream");
    this.reading = true;
    try {
      return this.source?.receive(Infinity, what, deadline);
    } finally {
      this.reading = false;
    }
  }

  private bytes(verb: string): Reader {
    const reader = this.readable();
    if (!this.hasBytes)
      throw wrongType("stream", `one of bytes for ${verb}`, this.stream, ": write read()");
    return reader;
  }

  private readable(): Reader {
    if (this.reader === null) throw wrongType("stream", "readable", this.stream);
    return this.reader;
  }

  private writable(): StreamWriter {
    if (this.writer === null) throw wrongType("stream", "writable", this.stream);
    return this.writer;
  }
}

const ofStream = new WeakMap<NodeStream, BlockingStream<unknown>>();

/**
 * The blocking view of a Node stream; always the same one for the same stream. From now on read
 * only through it. `T` is what is read, which nothing checks.
 *
 * @throws TypeError when it is no stream of Node's.
 */
export function blocking<T = Buffer>(stream: NodeStream): BlockingStream<T> {
  const known = ofStream.get(stream);
  if (known !== undefined) return known as BlockingStream<T>;
  const { read, write, on } = (stream ?? {}) as unknown as Record<string, unknown>;
  if (typeof on !== "function" || (typeof read !== "function" && typeof write !== "function")) {
    throw wrongType("stream", "a stream of Node's", stream);
  }
  const made = new BlockingStream<T>(stream as Readable & Writable);
  ofStream.set(stream, made as BlockingStream<unknown>);
  return made;
}
