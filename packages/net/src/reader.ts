import { ConcurrentObjectUseError } from "@greenlit/core";
import { outOfRange, stayFair, WAIT, wrongType } from "@greenlit/core/blocking-call";
import { ByteQueue } from "./byte-queue.js";
import { type CallOptions, Deadline } from "./deadline.js";
import { LimitExceededError, UnexpectedEndError } from "./errors.js";
import type { Source } from "./transport.js";
import { untilNull } from "./steps.js";

/**
 * The longest line or message `readLine` and `readUntil` accept unless told otherwise, in bytes.
 */
export const DEFAULT_LIMIT: number = 64 * 1024;

/** Options of a read that looks for a delimiter. */
export interface LimitOptions extends CallOptions {
  /**
   * The most bytes to accept, delimiter included, so that a peer cannot make memory grow. Default:
   * 65536.
   */
  readonly limit?: number | undefined;
}

const READ = ": write read(max, options), and undefined for all";

const LIMIT_OPTIONS = [...WAIT, "limit"];

const NEWLINE = Buffer.from("\n");

/** The `limit` of a call. @throws unless it is a number of bytes. */
export function limitOf(
  options: { limit?: number | undefined } | undefined,
  other: number,
): number {
  const limit = options?.limit ?? other;
  const must = "a number of bytes, 0 or more";
  if (typeof limit !== "number") throw wrongType("limit", must, limit);
  if (!(limit >= 0)) throw outOfRange("limit", must, limit);
  return limit;
}

/** What the calls of a reader are called in dumps and errors. */
interface Names {
  readonly object: string;
  readonly read: string;
  readonly readExactly: string;
  readonly readUntil: string;
  readonly readLine: string;
}

const names = new Map<string, Names>();

/** Once for each kind of object, and not for each call. */
function namesOf(object: string): Names {
  let found = names.get(object);
  if (found === undefined) {
    const [read, readExactly] = [`${object}.read`, `${object}.readExactly`];
    const [readUntil, readLine] = [`${object}.readUntil`, `${object}.readLine`];
    found = { object, read, readExactly, readUntil, readLine };
    names.set(object, found);
  }
  return found;
}

/**
 * Cuts what a source gives into what is asked for.
 *
 * One greenlet reads at a time. An interrupted read loses nothing: what had arrived is there for
 * the next one.
 */
export class Reader implements Iterable<Buffer> {
  private readonly source: Source;
  private readonly names: Names;
  private readonly queue = new ByteQueue();
  private reading = false;

  /** @param what names the object in dumps and errors, as "net.Socket". */
  constructor(source: Source, what: string) {
    this.source = source;
    this.names = namesOf(what);
  }

  /**
   * The next bytes, as soon as there are any.
   *
   * @param max the most bytes to return. Default: all that have arrived.
   * @returns null at the end of the stream.
   * @throws ConcurrentObjectUseError when another greenlet is reading.
   */
  read(max: number = Infinity, options?: CallOptions): Buffer | null {
    const what = this.names.read;
    const deadline = Deadline.of(what, options);
    if (typeof max !== "number") throw wrongType("max", "a number of bytes", max, READ);
    if (!(max > 0)) throw outOfRange("max", "a number of bytes, more than 0", max);
    this.begin();
    try {
      if (this.queue.length > 0) {
        stayFair(what);
        return this.queue.take(max);
      }
      const chunk = this.source.receive(max, what, deadline);
      if (chunk === null || chunk.length <= max) return chunk;
      this.queue.append(chunk);
      return this.queue.take(max);
    } finally {
      this.reading = false;
    }
  }

  /**
   * Exactly `size` bytes.
   *
   * @throws UnexpectedEndError when the stream ends before; its `partial` has what came.
   */
  readExactly(size: number, options?: CallOptions): Buffer {
    const what = this.names.readExactly;
    const deadline = Deadline.of(what, options);
    const must = "a whole number of bytes, 0 or more";
    if (typeof size !== "number") throw wrongType("size", must, size);
    if (!Number.isSafeInteger(size) || size < 0) throw outOfRange("size", must, size);
    this.begin();
    try {
      if (this.queue.length > 0) stayFair(what);
      while (this.queue.length < size) {
        if (this.more(size - this.queue.length, what, deadline)) continue;
        throw new UnexpectedEndError(this.queue.take(size), `${size} bytes had come`);
      }
      return this.queue.take(size);
    } finally {
      this.reading = false;
    }
  }

  /**
   * All bytes up to and including `delimiter`.
   *
   * @throws UnexpectedEndError when the stream ends before; its `partial` has what came.
   * @throws LimitExceededError when it does not come within `limit` bytes; they stay readable.
   */
  readUntil(delimiter: string | Uint8Array, options?: LimitOptions): Buffer {
    const what = this.names.readUntil;
    const deadline = Deadline.of(what, options, LIMIT_OPTIONS);
    const limit = limitOf(options, DEFAULT_LIMIT);
    const needle = Buffer.from(delimiter as string);
    if (needle.length === 0) throw outOfRange("delimiter", "one byte at least", "");
    const found = this.find(needle, limit, what, deadline);
    if (found !== null) return found;
    throw new UnexpectedEndError(
      this.queue.take(Infinity),
      `${JSON.stringify(String(delimiter))} had come`,
    );
  }

  /**
   * The next line as UTF-8 text, without its end (`\n` or `\r\n`). The last line need not have one.
   *
   * @returns null at the end of the stream.
   * @throws LimitExceededError when the line is longer than `limit` bytes.
   */
  readLine(options?: LimitOptions): string | null {
    const what = this.names.readLine;
    const deadline = Deadline.of(what, options, LIMIT_OPTIONS);
    const line = this.find(NEWLINE, limitOf(options, DEFAULT_LIMIT), what, deadline);
    if (line !== null)
      return line.toString("utf8", 0, line.length - (line.at(-2) === 0x0d ? 2 : 1));
    return this.queue.length === 0 ? null : this.queue.take(Infinity).toString("utf8");
  }

  /**
   * @internal All that is left, and null when it is more than `limit` bytes. Nothing is lost when
   *   it is interrupted: what had arrived stays readable.
   */
  readAll(limit: number, what: string, deadline: Deadline): Buffer | null {
    this.begin();
    try {
      if (this.queue.length > 0) stayFair(what);
      while (this.queue.length <= limit) {
        if (!this.more(Infinity, what, deadline)) return this.queue.take(Infinity);
      }
      return null;
    } finally {
      this.reading = false;
    }
  }

  /** The chunks as they come, until the end. */
  [Symbol.iterator](): IterableIterator<Buffer> {
    return untilNull(() => this.read());
  }

  /** @internal Puts bytes back: they are what is read next. Nobody reads just now. */
  unread(bytes: Buffer): void {
    const later = this.queue.take(Infinity);
    this.queue.append(Buffer.from(bytes));
    this.queue.append(later);
  }

  /** @internal What has arrived and nobody has read, for who goes on reading elsewhere. */
  rest(): Buffer {
    return this.queue.take(Infinity);
  }

  /** @returns null when the end comes first. */
  private find(needle: Buffer, limit: number, what: string, deadline: Deadline): Buffer | null {
    this.begin();
    try {
      if (this.queue.length > 0) stayFair(what);
      for (let searched = 0; ;) {
        const at = this.queue.indexOf(needle, searched);
        const end = at + needle.length;
        if (at >= 0 && end <= limit) return this.queue.take(end);
        if (at >= 0 || this.queue.length >= limit) throw new LimitExceededError(limit, "delimiter");
        // A delimiter may begin in the last bytes of what is there.
        searched = Math.max(0, this.queue.length - needle.length + 1);
        if (!this.more(Infinity, what, deadline)) return null;
      }
    } finally {
      this.reading = false;
    }
  }

  /** Puts the next bytes into the queue. @returns false at the end. */
  private more(max: number, what: string, deadline: Deadline): boolean {
    const chunk = this.source.receive(max, what, deadline);
    if (chunk === null) return false;
    this.queue.append(chunk);
    return true;
  }

  private begin(): void {
    if (this.reading)
      throw new ConcurrentObjectUseError(`two greenlets read the same ${this.names.object}`);
    this.reading = true;
  }
}
