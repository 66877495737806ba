import type { Writable } from "node:stream";
import { ConcurrentObjectUseError, Waiter } from "@greenlit/core";
import { type CallOptions, Deadline } from "./deadline.js";
import { SocketClosedError, thrownHere } from "./errors.js";

/**
 * Writes to a Node stream in blocking style: `write` returns when the stream has passed everything on (for a socket: to the
 * kernel), so at most one write per stream is ever buffered.
 *
 * One greenlet writes at a time. After an interrupted write it is not known how much went out; what the stream had
 * taken still goes, and the next write waits for it.
 */
export class StreamWriter {
  readonly #stream: Writable;
  readonly #what: string;
  readonly #progress: () => void;
  #waiter: Waiter | null = null;
  #writing = false;
  #failure: unknown = null;

  /** @param what names the object in dumps and errors, as "net.Socket". */
  constructor(stream: Writable, what: string) {
    this.#stream = stream;
    this.#what = what;
    this.#progress = () => this.#waiter?.wake();
    stream.on("error", (error) => this.fail(error));
    stream.on("finish", this.#progress);
    stream.on("close", () => this.fail(new SocketClosedError()));
  }

  /**
   * Writes all of `data`; a string as UTF-8.
   *
   * @throws ConcurrentObjectUseError when another greenlet is writing.
   * @throws SocketClosedError when the stream was closed, or shut down for writing.
   */
  write(data: string | Uint8Array, options?: CallOptions): void {
    this.#exclusively("write", () => {
      const stream = this.#stream;
      const deadline = Deadline.of(options);
      this.#wait("write", deadline, () => stream.writableLength === 0);
      if (stream.writableEnded)
        throw new SocketClosedError(`The ${this.#what} was shut down for writing`);
      stream.write(data, this.#progress);
      // A socket whose buffer in the kernel has room has written by now; its callback would only come a tick later.
      this.#wait("write", deadline, () => stream.writableLength === 0);
    });
  }

  /** Writes nothing more: the reader at the other side sees the end. Does nothing the second time. */
  end(options?: CallOptions): void {
    this.#exclusively("end", () => {
      const stream = this.#stream;
      if (!stream.writableEnded) stream.end();
      this.#wait("end", Deadline.of(options), () => stream.writableFinished);
    });
  }

  /** Throws `error` into the greenlet that waits, and into every later call. */
  fail(error: unknown): void {
    this.#failure ??= error;
    this.#waiter?.wake();
  }

  #wait(verb: string, deadline: Deadline, done: () => boolean): void {
    for (;;) {
      const failure = this.#stream.errored ?? this.#failure;
      if (failure !== null && !(verb === "end" && done())) throw thrownHere(failure);
      if (done()) return;
      const waiter = new Waiter(`${this.#what}.${verb}`);
      this.#waiter = waiter;
      try {
        waiter.wait(deadline.rest);
      } finally {
        this.#waiter = null;
      }
    }
  }

  #exclusively(verb: string, work: () => void): void {
    if (this.#writing)
      throw new ConcurrentObjectUseError(`Two greenlets ${verb} the same ${this.#what}`);
    this.#writing = true;
    try {
      work();
    } finally {
      this.#writing = false;
    }
  }
}
