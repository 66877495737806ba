import { constants } from "node:os";
import type { Address } from "./address.js";
import { Operation } from "./operation.js";
import type { RingQueue } from "./ring-queue.js";

/**
 * How much is taken in that nobody has asked for yet. Then the kernel is told to stop, and what
 * comes stays with it, until somebody asks again.
 */
export const AHEAD = { bytes: 65_536, connections: 16, datagrams: 64 } as const;

const { errno } = constants;

/** What tells nothing of the socket: the operation has to be begun again. */
const NOTHING: ReadonlySet<number> = new Set([
  -errno.ECANCELED,
  // All buffers are in use: they are free again when this batch is over.
  -errno.ENOBUFS,
  -errno.EINTR,
  -errno.EAGAIN,
]);

/** Whose input it is. */
export interface InputOwner {
  /** Called when something has come in, or the end. */
  wakeReader(): void;
}

/**
 * What comes in on a socket: one operation, which goes on until it is stopped or fails. So what
 * comes between two calls is here before the second one.
 */
export abstract class Input extends Operation {
  protected readonly ring: RingQueue;
  private readonly owner: InputOwner;
  private failure = 0;
  private stopping = false;

  constructor(owner: InputOwner, ring: RingQueue) {
    super(ring.operations);
    this.owner = owner;
    this.ring = ring;
  }

  /** Whether a call would not have to wait. */
  get isReady(): boolean {
    return this.failure < 0 || this.hasAny;
  }

  begin(fd: number): void {
    this.active = true;
    this.stopping = false;
    this.start(fd);
  }

  /** What it failed with, if nobody has been told yet; else 0. */
  takeFailure(): number {
    const { failure } = this;
    this.failure = 0;
    return failure;
  }

  complete(result: number, offset: number): void {
    if (result >= 0) this.add(result, offset);
    else if (!NOTHING.has(result)) this.failure = result;
    if (this.active && !this.stopping && this.isFull) {
      this.stopping = true;
      this.ring.native.cancel(this.id);
    }
    this.owner.wakeReader();
  }

  /** Nobody will take from it any more. */
  close(): void {}
  protected abstract get hasAny(): boolean;
  protected abstract get isFull(): boolean;
  protected abstract start(fd: number): void;
  protected abstract add(result: number, offset: number): void;
}

/** Bytes. */
export class Stream extends Input {
  /** In most cases there is one piece at most. */
  private first: Buffer | null = null;
  private readonly rest: Buffer[] = [];
  private bytes = 0;
  private ended = false;

  /** Up to `max` bytes; null at the end; undefined when there is nothing yet. */
  take(max: number): Buffer | null | undefined {
    const { first } = this;
    if (first === null) return this.ended ? null : undefined;
    if (first.length > max) {
      this.first = first.subarray(max);
      this.bytes -= max;
      return first.subarray(0, max);
    }
    this.first = this.rest.shift() ?? null;
    this.bytes -= first.length;
    return first;
  }

  /** All that nobody has taken yet; null if there is nothing. */
  takeAll(): Buffer | null {
    const { first, rest } = this;
    if (first === null) return null;
    const all = Buffer.concat([first, ...rest]);
    this.first = null;
    rest.length = 0;
    this.bytes = 0;
    return all;
  }

  protected get hasAny(): boolean {
    return this.first !== null || this.ended;
  }

  protected get isFull(): boolean {
    return this.bytes >= AHEAD.bytes;
  }

  protected start(fd: number): void {
    this.ring.native.receive(this.id, fd);
  }

  protected add(result: number, offset: number): void {
    if (result === 0) {
      this.ended = true;
      return;
    }
    const data = Buffer.allocUnsafe(result);
    this.ring.streams.copy(data, 0, offset, offset + result);
    this.bytes += result;
    if (this.first === null) this.first = data;
    else this.rest.push(data);
  }
}

/** Connections of a listening socket. */
export class Connections extends Input {
  private readonly fds: number[] = [];

  /** The next one's descriptor; -1 when there is none yet. */
  take(): number {
    const fd = this.fds.shift();
    if (fd === undefined) return -1;
    this.ring.native.disown(fd);
    return fd;
  }

  override close(): void {
    for (let fd = this.take(); fd >= 0; fd = this.take()) this.ring.calls.close(fd);
  }

  protected get hasAny(): boolean {
    return this.fds.length > 0;
  }

  protected get isFull(): boolean {
    return this.fds.length >= AHEAD.connections;
  }

  protected start(fd: number): void {
    this.ring.native.accept(this.id, fd);
  }

  protected add(result: number): void {
    this.fds.push(result);
  }
}

interface Datagram {
  readonly data: Buffer;
  readonly address: Address;
}

/** Datagrams, with where they come from. */
export class Datagrams extends Input {
  private readonly queue: Datagram[] = [];

  /** The next one, cut off behind `max` bytes; null when there is none yet. */
  take(max: number): Datagram | null {
    const datagram = this.queue.shift();
    if (datagram === undefined) return null;
    const { data, address } = datagram;
    return data.length > max ? { data: data.subarray(0, max), address } : datagram;
  }

  protected get hasAny(): boolean {
    return this.queue.length > 0;
  }

  protected get isFull(): boolean {
    return this.queue.length >= AHEAD.datagrams;
  }

  protected start(fd: number): void {
    this.ring.datagrams();
    this.ring.native.receiveFrom(this.id, fd);
  }

  protected add(result: number, offset: number): void {
    const memory = this.ring.datagrams();
    const [start, size, address] = this.ring.native.datagram(memory, offset, result);
    const data = Buffer.allocUnsafe(size);
    memory.copy(data, 0, start, start + size);
    this.queue.push({ data, address });
  }
}
