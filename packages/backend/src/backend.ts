import type { Config } from "@greenlit/core";
import type { WaitOptions } from "@greenlit/core/blocking-call";
import type { Address } from "./address.js";
import type { FileOperations } from "./file-operations.js";
import type { Direction } from "./readiness.js";

/** Ways to wait for a descriptor. */
export type BackendName = Exclude<Config["backend"], "auto">;

/** What a backend has done, and has to do. */
export interface BackendStats {
  /** Descriptors that it knows. */
  readonly registered: number;
  /** Calls that wait, without those that do not keep the loop alive. */
  readonly waiting: number;
  /** How often the kernel told of something that is ready, or done; one batch counts once. */
  readonly batches: number;
}

/**
 * How the greenlets of one thread wait for descriptors: five functions. The conformance suite
 * (`@greenlit/backend/conformance`) has a clause for each sentence with MUST, here and below.
 *
 * - A backend MUST NOT keep a thread from ending when nothing waits, and MUST keep it alive while
 *   something does.
 * - While all wait, a backend MUST NOT use the processor.
 * - Timers, promises, child processes and the sockets of Node MUST go on while greenlets wait.
 */
export interface Backend {
  readonly name: BackendName;
  /**
   * Takes in an open descriptor, and makes it nonblocking. It stays the caller's; from now on it is
   * closed by `Descriptor.close`.
   *
   * - A descriptor that is not open MUST be refused with EBADF.
   * - One that this backend cannot wait for MUST be refused, and MUST be left as it was: a regular
   *   file with EPERM where only readiness is told; for `select` one that is FD_SETSIZE or above,
   *   with a DescriptorLimitError.
   * - One that is registered already MUST be refused with EEXIST.
   */
  register(fd: number): Descriptor;
  /** Files by completion: only `uring` has them. */
  readonly files: FileOperations | null;
  stats(): BackendStats;
  /**
   * Ends it. Every descriptor MUST have been closed or released before.
   * @throws Error when one is still registered.
   */
  close(): void;
}

/**
 * A registered descriptor.
 *
 * Each method that may wait keeps the contract of every blocking call (`blocking-call.ts` of core):
 * `what` is its name in errors; `options` are looked at first; a timeout, a signal or a kill MUST
 * end the wait, and MUST leave nothing behind: the next call finds all bytes.
 *
 * - Two greenlets MUST NOT wait in one direction: the second MUST get a ConcurrentObjectUseError,
 *   and the first MUST go on. One that receives and one that sends MUST NOT disturb each other.
 * - What fails MUST throw the system's error in Node's shape, with the stack of the caller.
 * - A call on a closed descriptor MUST throw a DescriptorClosedError.
 */
export interface Descriptor {
  /** The number; -1 once closed or released. */
  readonly fd: number;
  /**
   * Blocks until a call in this direction would not block: because there is something, or the end,
   * or an error. It MUST return at once when that is so already.
   */
  wait(direction: Direction, what: string, options?: WaitOptions): void;
  /** As `wait`, but it MUST return true in the end, and false when its own `timeout` has passed. */
  tryWait(direction: Direction, what: string, options?: WaitOptions): boolean;
  /**
   * The next connection's descriptor, which MUST be nonblocking and MUST NOT be inherited by
   * children. It is the caller's; nobody has registered it.
   */
  accept(what: string, options?: WaitOptions): number;
  /**
   * Connects a socket. It MUST return when the connection is there, and MUST throw what the peer or
   * the network answered, with the address in the error.
   */
  connect(address: Address, what: string, options?: WaitOptions): void;
  /**
   * Up to `max` bytes, as soon as there are any: a buffer of its own, that nobody else writes to.
   * It MUST be null at the end of the stream, as often as it is asked.
   */
  receive(max: number, what: string, options?: WaitOptions): Buffer | null;
  /**
   * Sends all of it, in order. When it is interrupted, the error MUST have the number of bytes that
   * were sent as its property `sent`, if it was any.
   */
  send(data: Uint8Array | readonly Uint8Array[], what: string, options?: WaitOptions): void;
  /**
   * The next datagram, cut off behind `max` bytes, and where it came from. An empty one MUST be
   * told as any other.
   */
  receiveFrom(
    max: number,
    what: string,
    options?: WaitOptions,
  ): { readonly data: Buffer; readonly address: Address };
  /** Sends one datagram. @param address null: where the socket is connected to. */
  sendTo(data: Uint8Array, address: Address | null, what: string, options?: WaitOptions): void;
  /** Its waits keep the loop alive; this is so from the beginning. */
  ref(): void;
  /** Its waits MUST NOT keep the loop alive any more. */
  unref(): void;
  /**
   * Closes it. Who waits MUST get `error` (default: a DescriptorClosedError). The registration MUST
   * be forgotten before the descriptor is closed: its number may be another one's a moment later,
   * and nothing that comes for the old one MUST reach the new one. Never blocks. The second time it
   * MUST do nothing.
   */
  close(error?: unknown): void;
  /**
   * As `close`, but it MUST leave the descriptor open: it is the caller's alone again.
   * @returns its number.
   */
  release(error?: unknown): number;
  /**
   * What a stream has received before it was released, and nobody has taken: only `uring` receives
   * before it is asked. Whoever goes on with the descriptor MUST get these bytes first. Else null.
   */
  unread(): Buffer | null;
}
