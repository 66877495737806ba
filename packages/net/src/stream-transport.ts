import * as fs from "node:fs";
import type * as net from "node:net";
import { blockingCall } from "./blocking-call.js";
import type { Deadline } from "./deadline.js";
import { StreamSource } from "./stream-source.js";
import { StreamWriter } from "./stream-writer.js";
import type { Data, Transport } from "./transport.js";

const WHAT = "net.Socket";
/** What is read from a file at once, in bytes. */
const FILE_CHUNK = 256 * 1024;

/** Carries the bytes of a Socket over one of Node's, TLS included. */
export class StreamTransport implements Transport {
  readonly stream: net.Socket;
  private readonly source: StreamSource;
  private readonly writer: StreamWriter;
  private detached = false;

  constructor(stream: net.Socket) {
    this.stream = stream;
    this.source = new StreamSource(stream, WHAT);
    this.writer = new StreamWriter(stream, WHAT);
  }

  receive(max: number, what: string, deadline: Deadline): Buffer | null {
    return this.source.receive(max, what, deadline);
  }

  send(data: Data | readonly Uint8Array[], what: string, deadline: Deadline): void {
    this.writer.send(data, what, deadline);
  }

  sendFile(file: number, position: number, size: number, what: string, deadline: Deadline): number {
    for (let sent = 0; ;) {
      const buffer = Buffer.allocUnsafe(Math.min(FILE_CHUNK, size - sent));
      const count = blockingCall<number>(
        what,
        (done) => fs.read(file, buffer, 0, buffer.length, position + sent, done),
        deadline,
      );
      if (count === 0) return sent;
      this.send(buffer.subarray(0, count), what, deadline);
      sent += count;
    }
  }

  shutdown(what: string, deadline: Deadline): void {
    this.writer.finish(what, deadline);
  }

  close(error: unknown): void {
    if (this.detached) return;
    this.source.fail(error);
    this.writer.fail(error);
    this.stream.destroy();
  }

  detach(error: unknown): net.Socket {
    this.detached = true;
    this.source.leave(error);
    this.writer.leave(error);
    return this.stream;
  }

  get closed(): boolean {
    return this.detached || this.stream.destroyed;
  }

  get localAddress(): string | undefined {
    return this.stream.localAddress;
  }

  get localPort(): number | undefined {
    return this.stream.localPort;
  }

  get remoteAddress(): string | undefined {
    return this.stream.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.stream.remotePort;
  }

  setNoDelay(on: boolean): void {
    this.stream.setNoDelay(on);
  }

  setKeepAlive(on: boolean, delay: number): void {
    this.stream.setKeepAlive(on, delay);
  }

  ref(): void {
    this.stream.ref();
  }

  unref(): void {
    this.stream.unref();
  }
}
