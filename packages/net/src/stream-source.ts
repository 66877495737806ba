import type { Readable } from "node:stream";
import { stayFair, Waiter } from "@greenlit/core/blocking-call";
import type { Deadline } from "./deadline.js";
import { SocketClosedError, thrownHere } from "./errors.js";
import type { Source } from "./transport.js";

/**
 * Receives from a Node stream. The stream stays in paused mode: no more than its own
 * `highWaterMark` is buffered while nobody reads, and the sender is held back by then.
 */
export class StreamSource implements Source {
  private readonly stream: Readable;
  private waiter: Waiter | null = null;
  private ended = false;
  private failure: unknown = null;
  private readonly listeners: Readonly<Record<string, (error?: unknown) => void>>;

  /** @param what names the object in errors, as "net.Socket". */
  constructor(stream: Readable, what: string) {
    this.stream = stream;
    this.ended = stream.readableEnded;
    const listeners = {
      readable: (): void => this.waiter?.switch(),
      end: (): void => {
        this.ended = true;
        this.waiter?.wake();
      },
      error: (error: unknown): void => this.fail(error),
      // A stream that is destroyed before its end says "close" and nothing else.
      close: (): void => {
        if (!this.ended) this.fail(new SocketClosedError(`the ${what} was closed before its end`));
      },
    };
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener);
    this.listeners = listeners;
    if (stream.destroyed) this.failure = stream.errored;
    if (stream.closed) listeners.close();
  }

  /** All that has come; of a stream in object mode, the next object. */
  receive(_max: number, what: string, deadline: Deadline): Buffer | null {
    if (this.stream.readableLength > 0) stayFair(what);
    for (;;) {
      if (this.failure !== null) throw thrownHere(this.failure);
      const chunk = this.stream.read() as Buffer | null;
      if (chunk !== null) return chunk;
      if (this.ended) return null;
      const waiter = new Waiter(what);
      this.waiter = waiter;
      try {
        deadline.wait(waiter);
      } finally {
        this.waiter = null;
      }
    }
  }

  /** Throws `error` into the greenlet that waits, and into every later read that would wait. */
  fail(error: unknown): void {
    this.failure ??= error;
    this.waiter?.wake();
  }

  /** As `fail`, and has nothing to do with the stream from now on. */
  leave(error: unknown): void {
    this.fail(error);
    for (const [event, listener] of Object.entries(this.listeners))
      this.stream.off(event, listener);
  }
}
