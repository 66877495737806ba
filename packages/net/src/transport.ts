import type * as net from "node:net";
import type { Deadline } from "./deadline.js";

/** What `Socket.write` takes. */
export type Data = string | Uint8Array;

/** Where bytes come from. */
export interface Source {
  /**
   * Blocks until bytes are there.
   *
   * @param max how many the caller asks for. A source that has more in hand may give more.
   * @param what names the call in dumps and errors.
   * @returns null at the end.
   * @throws the error that broke it, with the stack of the caller; what interrupts the wait.
   */
  receive(max: number, what: string, deadline: Deadline): Buffer | null;
}

/**
 * What carries the bytes of a Socket: a descriptor, or a stream of Node's. The Socket sees to it
 * that one greenlet receives, and one sends, at a time.
 */
export interface Transport extends Source {
  /**
   * Blocks until all of it has been passed on. What an interrupted call did not pass on goes before
   * the data of the next one.
   */
  send(data: Data | readonly Uint8Array[], what: string, deadline: Deadline): void;
  /**
   * Sends part of an open file.
   *
   * @returns how many bytes: fewer than `size` when the file ends before.
   */
  sendFile(file: number, position: number, size: number, what: string, deadline: Deadline): number;
  /** Ends the writing half, when all has been passed on. Does nothing the second time. */
  shutdown(what: string, deadline: Deadline): void;
  /** Throws `error` into who waits, and into every later call. Never blocks. */
  close(error: unknown): void;
  /** Gives the connection away as a socket of Node's. `error` as for `close`. */
  detach(error: unknown): net.Socket;
  readonly closed: boolean;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  setNoDelay(on: boolean): void;
  setKeepAlive(on: boolean, delay: number): void;
  ref(): void;
  unref(): void;
}
