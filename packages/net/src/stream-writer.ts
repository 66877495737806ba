import type { Writable } from "node:stream";
import { ConcurrentObjectUseError } from "@greenlit/core";
import { blocker, stayFair, Waiter } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { SocketClosedError, thrownHere } from "./errors.js";
import type { Data } from "./transport.js";

/**
 * Writes to a Node stream in blocking style: `write` returns when the stream has passed everything
 * on (for a socket: to the kernel), so at most one write per stream is ever buffered.
 *
 * One greenlet writes at a time. After an interrupted write it is not known how much went out; what
 * the stream had taken still goes, and the next write waits for it.
 */
export class StreamWriter {
  private readonly stream: Writable;
  private readonly what: string;
  private readonly progress: () => void;
  private waiter: Waiter | null = null;
  private writing = false;
  private failure: unknown = null;
  private readonly listeners: Readonly<Record<string, (error?: unknown) => void>>;

  /** @param what names the object in dumps and errors, as "net.Socket". */
  constructor(stream: Writable, what: string) {
    this.stream = stream;
    this.what = what;
    this.progress = () => this.waiter?.wake();
    const listeners = {
      error: (error: unknown): void => this.fail(error),
      finish: this.progress,
      close: (): void => this.fail(new SocketClosedError()),
    };
    for (const [event, listener] of Object.entries(listeners)) stream.on(event, listener);
    this.listeners = listeners;
    if (stream.closed) listeners.close();
  }

  /**
   * Writes all of `data`; a string as UTF-8.
   *
   * @throws ConcurrentObjectUseError when another greenlet is writing.
   * @throws SocketClosedError when the stream was closed, or shut down for writing.
   */
  write(data: Data, options?: CallOptions): void {
    const what = `${this.what}.write`;
    this.send(data, what, Deadline.of(what, options));
  }

  /**
   * Writes nothing more: the reader at the other side sees the end. Does nothing the second time.
   */
  end(options?: CallOptions): void {
    const what = `${this.what}.end`;
    this.finish(what, Deadline.of(what, options));
  }

  /** @internal `write` under another name, and of several chunks. */
  send(data: Data | readonly Uint8Array[], what: string, deadline: Deadline): void {
    this.begin("write");
    try {
      const { stream } = this;
      if (stream.writableLength === 0) stayFair(what);
      this.flush(what, deadline);
      if (stream.writableEnded)
        throw new SocketClosedError(`the ${this.what} was shut down for writing`);
      blocker(what); // where it cannot block, nothing is sent
      this.give(data);
      // A socket whose buffer in the kernel has room has written by now; its callback would only
      // come a tick later.
      this.flush(what, deadline);
    } finally {
      this.writing = false;
    }
  }

  /** @internal `end` under another name. */
  finish(what: string, deadline: Deadline): void {
    this.begin("end");
    try {
      const { stream } = this;
      if (!stream.writableEnded) {
        blocker(what);
        stream.end();
      }
      while (!stream.writableFinished) this.park(what, deadline);
    } finally {
      this.writing = false;
    }
  }

  /** Throws `error` into the greenlet that waits, and into every later call. */
  fail(error: unknown): void {
    this.failure ??= error;
    this.waiter?.wake();
  }

  /** @internal As `fail`, and has nothing to do with the stream from now on. */
  leave(error: unknown): void {
    this.fail(error);
    for (const [event, listener] of Object.entries(this.listeners))
      this.stream.off(event, listener);
  }

  private give(data: Data | readonly Uint8Array[]): void {
    const { stream, progress } = this;
    if (!Array.isArray(data) || stream.writableObjectMode) {
      stream.write(data, progress);
      return;
    }
    stream.cork();
    try {
      for (const chunk of data as readonly Uint8Array[]) stream.write(chunk, progress);
    } finally {
      stream.uncork();
    }
  }

  /** Waits until the stream has passed on all that it was given. */
  private flush(what: string, deadline: Deadline): void {
    for (;;) {
      this.throwFailure();
      if (this.stream.writableLength === 0) return;
      this.park(what, deadline);
    }
  }

  private park(what: string, deadline: Deadline): void {
    this.throwFailure();
    const waiter = new Waiter(what);
    this.waiter = waiter;
    try {
      deadline.wait(waiter);
    } finally {
      this.waiter = null;
    }
  }

  private throwFailure(): void {
    const failure = this.stream.errored ?? this.failure;
    if (failure !== null) throw thrownHere(failure);
  }

  private begin(verb: string): void {
    if (this.writing)
      throw new ConcurrentObjectUseError(`two greenlets ${verb} the same ${this.what}`);
    this.writing = true;
  }
}
