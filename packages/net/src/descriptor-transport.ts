import * as net from "node:net";
import { constants } from "node:os";
import {
  type Address,
  type Descriptor,
  OPTIONS,
  system,
  systemError,
  WRITE,
} from "@greenlit/backend";
import { blocker, type WaitOptions } from "@greenlit/core/blocking-call";
import { Deadline } from "./deadline.js";
import { SocketClosedError, thrownHere } from "./errors.js";
import type { Data, Transport } from "./transport.js";

/** What is sent of a file at once, in bytes: others have their turn in between. */
const FILE_CHUNK = 512 * 1024;
const TRY_AGAIN = new Set([-constants.errno.EAGAIN, -constants.errno.EINTR]);

/** Carries the bytes of a Socket over a descriptor of the backend. */
export class DescriptorTransport implements Transport {
  private readonly descriptor: Descriptor;
  /** What an interrupted call did not send. */
  private rest: Buffer | null = null;
  /** The peer sends nothing more. When both have ended, the descriptor is closed, as by Node. */
  private atEnd = false;
  /** Nothing more is sent. */
  private ended = false;
  /** Thrown into every call once it is closed. */
  private failure: unknown = null;
  private local: Address | number | null = null;
  private remote: Address | number | null = null;

  constructor(descriptor: Descriptor) {
    this.descriptor = descriptor;
  }

  receive(max: number, what: string, deadline: Deadline): Buffer | null {
    this.check();
    if (this.atEnd) return null;
    const chunk =
      deadline === Deadline.none
        ? this.descriptor.receive(max, what)
        : deadline.within(what, (options) => this.descriptor.receive(max, what, options));
    if (chunk === null) {
      this.atEnd = true;
      if (this.ended) this.descriptor.close();
    }
    return chunk;
  }

  send(data: Data | readonly Uint8Array[], what: string, deadline: Deadline): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    this.checkWriting();
    this.sendRest(what, deadline);
    this.pass(bytes, what, deadline);
  }

  sendFile(file: number, position: number, size: number, what: string, deadline: Deadline): number {
    this.checkWriting();
    this.sendRest(what, deadline);
    const { descriptor } = this;
    for (let sent = 0; ;) {
      deadline.within(what, (options) => descriptor.wait(WRITE, what, options));
      if (sent === size) return sent;
      const part = Math.min(FILE_CHUNK, size - sent);
      const count = system().sendFile(descriptor.fd, file, position + sent, part);
      if (count === 0) return sent;
      if (count > 0) sent += count;
      else if (!TRY_AGAIN.has(count)) throw systemError("sendfile", count);
    }
  }

  shutdown(what: string, deadline: Deadline): void {
    this.check();
    if (this.ended) return;
    this.sendRest(what, deadline);
    blocker(what);
    this.ended = true;
    // The peer may have gone; whoever reads will see it.
    system().shutdown(this.descriptor.fd, 1);
    if (this.atEnd) this.descriptor.close();
  }

  close(error: unknown): void {
    this.failure ??= error;
    this.rest = null;
    this.descriptor.close(error);
  }

  detach(error: unknown): net.Socket {
    this.failure = error;
    const fd = this.descriptor.release(error);
    const stream = new net.Socket({ fd, allowHalfOpen: true, writable: !this.ended });
    const unread = this.descriptor.unread();
    if (unread !== null) stream.unshift(unread);
    if (this.rest !== null) stream.write(this.rest);
    return stream;
  }

  get closed(): boolean {
    return this.descriptor.fd < 0;
  }

  get localAddress(): string | undefined {
    return textOf(this.localPlace);
  }

  get localPort(): number | undefined {
    return portOf(this.localPlace);
  }

  get remoteAddress(): string | undefined {
    return textOf(this.remotePlace);
  }

  get remotePort(): number | undefined {
    return portOf(this.remotePlace);
  }

  setNoDelay(on: boolean): void {
    this.set(OPTIONS.noDelay, on ? 1 : 0);
  }

  setKeepAlive(on: boolean, delay: number): void {
    this.set(OPTIONS.keepAlive, on ? 1 : 0);
    if (on && delay >= 1000) this.set(OPTIONS.keepAliveIdle, Math.trunc(delay / 1000));
  }

  ref(): void {
    this.descriptor.ref();
  }

  unref(): void {
    this.descriptor.unref();
  }

  private check(): void {
    if (this.failure !== null) throw thrownHere(this.failure);
  }

  private checkWriting(): void {
    this.check();
    if (this.ended) throw new SocketClosedError("the net.Socket was shut down for writing");
  }

  private pass(bytes: Uint8Array | readonly Uint8Array[], what: string, deadline: Deadline): void {
    if (deadline === Deadline.none) this.give(bytes, what, undefined);
    else deadline.within(what, (options) => this.give(bytes, what, options));
  }

  private give(
    bytes: Uint8Array | readonly Uint8Array[],
    what: string,
    options: WaitOptions | undefined,
  ): void {
    try {
      this.descriptor.send(bytes, what, options);
    } catch (error) {
      this.keepRest(bytes, error);
      throw error;
    }
  }

  private sendRest(what: string, deadline: Deadline): void {
    const { rest } = this;
    if (rest === null) return;
    this.pass(rest, what, deadline);
    this.rest = null;
  }

  /** What the system refused is lost; after any other error, what was not sent goes later. */
  private keepRest(bytes: Uint8Array | readonly Uint8Array[], error: unknown): void {
    if (this.failure !== null || (error as NodeJS.ErrnoException | null)?.syscall !== undefined)
      return;
    if (!(error instanceof Object && Object.isExtensible(error))) {
      this.close(
        new SocketClosedError("a write was interrupted, nobody knows after how many bytes"),
      );
      return;
    }
    const sent = takeSent(error);
    if (sent === 0) return;
    const all = bytes instanceof Uint8Array ? [bytes] : bytes;
    this.rest = Buffer.concat(all).subarray(sent);
  }

  // Looked up once, and only if asked for. A socket that has failed has none.

  private get localPlace(): Address | number {
    if (this.closed && this.local === null) return -1;
    return (this.local ??= system().localAddress(this.descriptor.fd));
  }

  private get remotePlace(): Address | number {
    if (this.closed && this.remote === null) return -1;
    return (this.remote ??= system().remoteAddress(this.descriptor.fd));
  }

  /** As Node does it, without an error where the socket has no such option. */
  private set(option: number, value: number): void {
    if (!this.closed) system().setOption(this.descriptor.fd, option, value);
  }
}

/** How many bytes had gone, which the descriptor notes on the error. */
function takeSent(error: { sent?: number }): number {
  const { sent = 0 } = error;
  delete error.sent; // it may be thrown into other greenlets, too
  return sent;
}

function textOf(place: Address | number): string | undefined {
  return typeof place === "object" && "address" in place ? place.address : undefined;
}

function portOf(place: Address | number): number | undefined {
  return typeof place === "object" && "port" in place ? place.port : undefined;
}
