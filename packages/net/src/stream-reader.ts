import type { Readable } from "node:stream";
import { ConcurrentObjectUseError, Waiter } from "@greenlit/core";
import { ByteQueue } from "./byte-queue.js";
import { type CallOptions, Deadline } from "./deadline.js";
import { LimitExceededError, SocketClosedError, thrownHere, UnexpectedEndError } from "./errors.js";

/** The longest line or message `readLine` and `readUntil` accept unless told otherwise, in bytes. */
export const DEFAULT_LIMIT: number = 64 * 1024;

/** Options of a read that looks for a delimiter. */
export interface LimitOptions extends CallOptions {
  /** The most bytes to accept, delimiter included, so that a peer cannot make memory grow. Default: 65536. */
  readonly limit?: number | undefined;
}

/**
 * Reads a Node stream in blocking style. The stream stays in paused mode: no more than its own `highWaterMark` is buffered
 * while nobody reads, and the sender is held back by then.
 *
 * One greenlet reads at a time. An interrupted read loses nothing: what had arrived is there for the next one.
 */
export class StreamReader implements Iterable<Buffer> {
  readonly #stream: Readable;
  readonly #what: string;
  readonly #queue = new ByteQueue();
  #waiter: Waiter | null = null;
  #reading = false;
  #ended = false;
  #failure: unknown = null;

  /** @param what names the object in dumps and errors, as "net.Socket". */
  constructor(stream: Readable, what: string) {
    this.#stream = stream;
    this.#what = what;
    stream.on("readable", () => this.#waiter?.switch());
    stream.on("end", () => {
      this.#ended = true;
      this.#waiter?.wake();
    });
    stream.on("error", (error) => this.fail(error));
    // A stream that is destroyed before its end says "close" and nothing else.
    stream.on("close", () => {
      if (!this.#ended) this.fail(new SocketClosedError(`The ${what} was closed before its end`));
    });
  }

  /**
   * The next bytes, as soon as there are any.
   *
   * @param max the most bytes to return. Default: all that have arrived.
   * @returns null at the end of the stream.
   * @throws ConcurrentObjectUseError when another greenlet is reading.
   */
  read(max: number = Infinity, options?: CallOptions): Buffer | null {
    if (!(max > 0)) throw new RangeError(`max must be positive, it is ${max}`);
    return this.#exclusively(() => {
      if (this.#queue.length > 0) return this.#queue.take(max);
      const chunk = this.#next(Deadline.of(options));
      if (chunk === null || chunk.length <= max) return chunk;
      this.#queue.append(chunk);
      return this.#queue.take(max);
    });
  }

  /**
   * Exactly `size` bytes.
   *
   * @throws UnexpectedEndError when the stream ends before; its `partial` has what came.
   */
  readExactly(size: number, options?: CallOptions): Buffer {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError(`size must be a natural number, it is ${size}`);
    return this.#exclusively(() => {
      const deadline = Deadline.of(options);
      while (this.#queue.length < size) {
        const chunk = this.#next(deadline);
        if (chunk === null)
          throw new UnexpectedEndError(this.#queue.take(size), `${size} bytes had come`);
        this.#queue.append(chunk);
      }
      return this.#queue.take(size);
    });
  }

  /**
   * All bytes up to and including `delimiter`.
   *
   * @throws UnexpectedEndError when the stream ends before; its `partial` has what came.
   * @throws LimitExceededError when it does not come within `limit` bytes; they stay readable.
   */
  readUntil(delimiter: string | Uint8Array, options?: LimitOptions): Buffer {
    return this.#exclusively(() => {
      const found = this.#find(delimiter, options);
      if (found !== null) return found;
      throw new UnexpectedEndError(
        this.#queue.take(Infinity),
        `${JSON.stringify(String(delimiter))} had come`,
      );
    });
  }

  /**
   * The next line as UTF-8 text, without its end (`\n` or `\r\n`). The last line need not have one.
   *
   * @returns null at the end of the stream.
   * @throws LimitExceededError when the line is longer than `limit` bytes.
   */
  readLine(options?: LimitOptions): string | null {
    return this.#exclusively(() => {
      const line = this.#find("\n", options);
      if (line !== null)
        return line.toString("utf8", 0, line.length - (line.at(-2) === 0x0d ? 2 : 1));
      return this.#queue.length === 0 ? null : this.#queue.take(Infinity).toString("utf8");
    });
  }

  /** The chunks as they come, until the end. */
  *[Symbol.iterator](): Generator<Buffer, void, undefined> {
    for (let chunk = this.read(); chunk !== null; chunk = this.read()) yield chunk;
  }

  /** Throws `error` into the greenlet that waits, and into every later read that would wait. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#waiter?.wake();
  }

  #find(delimiter: string | Uint8Array, options: LimitOptions | undefined): Buffer | null {
    const needle = Buffer.from(delimiter as string);
    const limit = options?.limit ?? DEFAULT_LIMIT;
    const deadline = Deadline.of(options);
    if (needle.length === 0) throw new RangeError("delimiter must not be empty");
    for (let searched = 0; ;) {
      const at = this.#queue.indexOf(needle, searched);
      const end = at + needle.length;
      if (at >= 0 && end <= limit) return this.#queue.take(end);
      if (at >= 0 || this.#queue.length >= limit) throw new LimitExceededError(limit, "delimiter");
      // A delimiter may begin in the last bytes of what is there.
      searched = Math.max(0, this.#queue.length - needle.length + 1);
      const chunk = this.#next(deadline);
      if (chunk === null) return null;
      this.#queue.append(chunk);
    }
  }

  /** The next chunk of the stream, null at its end. */
  #next(deadline: Deadline): Buffer | null {
    for (;;) {
      if (this.#failure !== null) throw thrownHere(this.#failure);
      const chunk = this.#stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.#ended) return null;
      const waiter = new Waiter(`${this.#what}.read`);
      this.#waiter = waiter;
      try {
        waiter.wait(deadline.rest);
      } finally {
        this.#waiter = null;
      }
    }
  }

  #exclusively<T>(read: () => T): T {
    if (this.#reading)
      throw new ConcurrentObjectUseError(`Two greenlets read the same ${this.#what}`);
    this.#reading = true;
    try {
      return read();
    } finally {
      this.#reading = false;
    }
  }
}
