import { ConcurrentObjectUseError } from "@greenlit/core";
import { stayFair, WAIT, Waiter } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { BodyTooLargeError, thrownHere } from "./errors.js";
import { limitOf } from "./reader.js";
import { untilNull } from "./steps.js";

/** The largest body `bytes`, `text` and `json` collect unless told otherwise, in bytes: 64 MiB. */
export const DEFAULT_BODY_LIMIT: number = 64 * 1024 * 1024;

/** What is buffered before the sender is held back, in bytes. */
const HIGH_WATER = 64 * 1024;

export interface BodyOptions extends CallOptions {
  /** The most bytes to accept. Default: 64 MiB. */
  readonly limit?: number | undefined;
}

/** Their names. */
export const BODY_OPTIONS: readonly string[] = [...WAIT, "limit"];

/** Where a body comes from; undici's DispatchController is one. */
export interface BodySource {
  pause(): void;
  resume(): void;
  abort(reason: Error): void;
  /** Whether a read that is interrupted leaves the body as it is. Default: it destroys it. */
  readonly outlivesInterrupts?: boolean;
}

/**
 * The body of a message, read in blocking style. While nobody reads, at most 64 KiB and what the
 * kernel holds wait here; then the sender is held back.
 *
 * That of a response: read it to its end, or `destroy` it. The connection is free for others only
 * then. A greenlet that is killed or timed out while it reads destroys it. That of a request that a
 * server got: what is not read is thrown away when the handler returns, and a read that is
 * interrupted loses nothing.
 */
export class Body implements Iterable<Buffer> {
  private readonly source: BodySource;
  private readonly deadline: Deadline;
  private readonly announced: number;
  private chunks: Buffer[] = [];
  /** Bytes in chunks. */
  private size = 0;
  private paused = false;
  /** While everything is collected, the greenlet is woken once, at the end. */
  private collecting: number | null = null;
  private state: "open" | "ended" | "failed" = "open";
  private failure: unknown = null;
  private waiter: Waiter | null = null;

  /**
   * @internal Made by `request`.
   * @param announced the Content-Length, NaN if there is none.
   */
  constructor(source: BodySource, deadline: Deadline, announced: number) {
    this.source = source;
    this.deadline = deadline;
    this.announced = announced;
  }

  /** The next bytes, as soon as there are any; null at the end. */
  read(options?: CallOptions): Buffer | null {
    const deadline = options === undefined ? this.deadline : Deadline.of("http.body", options);
    if (this.size > 0) this.stayFair();
    for (;;) {
      const chunk = this.chunks.shift();
      if (chunk !== undefined) {
        this.size -= chunk.length;
        return chunk;
      }
      if (this.atEnd()) return null;
      this.park(deadline);
    }
  }

  /** The chunks as they come. Leaving the loop early destroys the body. */
  [Symbol.iterator](): IterableIterator<Buffer> {
    return untilNull(
      () => this.read(),
      () => this.destroy(),
    );
  }

  /**
   * All that is left of the body.
   *
   * @throws BodyTooLargeError when it is, or announces to be, larger than `limit` bytes; the
   *   exchange is aborted.
   */
  bytes(options?: BodyOptions): Buffer {
    const own = Deadline.of("http.body", options, BODY_OPTIONS);
    const limit = limitOf(options, DEFAULT_BODY_LIMIT);
    const deadline =
      options?.timeout === undefined && options?.signal === undefined ? this.deadline : own;
    if (this.size > limit || (this.announced > limit && this.state === "open")) this.refuse(limit);
    this.collecting = limit;
    try {
      while (!this.atEnd()) this.park(deadline);
    } finally {
      this.collecting = null;
    }
    const chunks = this.chunks;
    this.chunks = [];
    this.size = 0;
    return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
  }

  /** All that is left, as UTF-8 text without a byte order mark, as in the Fetch standard. */
  text(options?: BodyOptions): string {
    const bytes = this.bytes(options);
    const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    return bytes.toString("utf8", marked ? 3 : 0);
  }

  /** All that is left, parsed as JSON. The type is the caller's claim, nothing checks it. */
  json<T = unknown>(options?: BodyOptions): T {
    return JSON.parse(this.text(options)) as T;
  }

  /**
   * Gives up the rest of the body, and the connection with it. Does nothing once the body has
   * ended.
   */
  destroy(reason: Error = new Error("the body was destroyed")): void {
    this.chunks = [];
    this.size = 0;
    if (this.state !== "open") return;
    this.fail(reason);
    this.source.abort(reason);
  }

  [Symbol.dispose](): void {
    this.destroy();
  }

  /** @internal Bytes have come. */
  push(chunk: Buffer): void {
    if (this.state !== "open") return;
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.collecting !== null) {
      if (this.size > this.collecting) this.destroy(new BodyTooLargeError(this.collecting));
      return;
    }
    if (this.size > HIGH_WATER && !this.paused) {
      this.paused = true;
      this.source.pause();
    }
    this.waiter?.wake();
  }

  /** @internal That was all. */
  end(): void {
    if (this.state === "open") this.state = "ended";
    // Behind undici, which gives the connection back in a setImmediate: see Exchange.
    if (this.waiter !== null) setImmediate(wake, this.waiter);
  }

  /** @internal No more will come. */
  fail(error: unknown): void {
    if (this.state === "open") {
      this.state = "failed";
      this.failure = error;
    }
    this.waiter?.wake();
  }

  private atEnd(): boolean {
    if (this.state === "failed") throw thrownHere(this.failure);
    return this.state === "ended";
  }

  private refuse(limit: number): never {
    const error = new BodyTooLargeError(limit);
    this.destroy(error);
    throw error;
  }

  private stayFair(): void {
    try {
      stayFair("http.body");
    } catch (error) {
      this.interrupted(error);
      throw error;
    }
  }

  private interrupted(error: unknown): void {
    if (this.source.outlivesInterrupts !== true) this.destroy(error as Error);
  }

  private park(deadline: Deadline): void {
    if (this.waiter !== null)
      throw new ConcurrentObjectUseError("two greenlets read the same body");
    const waiter = new Waiter("http.body");
    this.waiter = waiter;
    try {
      if (this.paused) {
        // May deliver chunks right here; the waiter is then settled before it waits.
        this.paused = false;
        this.source.resume();
        if (this.state !== "open" || (this.size > 0 && this.collecting === null)) return;
      }
      deadline.wait(waiter);
    } catch (error) {
      this.interrupted(error);
      throw error;
    } finally {
      this.waiter = null;
    }
  }
}

function wake(waiter: Waiter): void {
  waiter.wake();
}
