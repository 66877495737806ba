import { isUint8Array } from "node:util/types";
import { ConcurrentObjectUseError } from "@greenlit/core";
import {
  blocker,
  checkWait,
  deadline,
  outOfRange,
  stayFair,
  timedOut,
  timeLeft,
  type WaitOptions,
  Waiter,
  wrongType,
} from "@greenlit/core/blocking-call";
import type { Address } from "./address.js";
import type { Descriptor } from "./backend.js";
import type { Binding } from "./binding.js";
import { DescriptorClosedError, systemError } from "./errors.js";
import { type Direction, END, READ, WRITE } from "./readiness.js";
import {
  AGAIN,
  IN_PROGRESS,
  INTERRUPTED,
  OPTIONS,
  receive,
  received,
  receivedFrom,
  SLAB_SIZE,
} from "./system.js";

/** What a descriptor asks of the driver that it is registered with. */
export interface Registry {
  readonly calls: Binding;
  /** Somebody waits who keeps the loop alive. */
  hold(): void;
  unhold(): void;
  /** What is waited for. Of no use where all is reported as it happens. */
  want: ((fd: number, directions: number) => void) | null;
  forget(fd: number): void;
}

/**
 * A descriptor of a driver that tells what is ready. A call is tried first; if it would block, the
 * greenlet waits until the driver reports the descriptor, and tries again.
 */
export class PolledDescriptor implements Descriptor {
  fd: number;
  /** Of the registration: what is reported for another one is none of its business. */
  readonly generation: number;

  private readonly registry: Registry;
  private readonly calls: Binding;
  /** Less than was asked for means that nothing is left: see epoll(7). */
  private readonly isStream: boolean;
  private reader: Waiter | null = null;
  private writer: Waiter | null = null;
  /** False when nothing can have come since the last look: then trying would be for nothing. */
  private mayRead = true;
  /** Set once END has been reported: nothing more may be, so a short read means nothing. */
  private ended = false;
  private holds = true;
  /** What those get who waited when it was closed. */
  private closedWith: unknown = null;

  constructor(registry: Registry, fd: number, generation: number, isStream: boolean) {
    this.registry = registry;
    this.calls = registry.calls;
    this.fd = fd;
    this.generation = generation;
    this.isStream = isStream;
  }

  wait(direction: Direction, what: string, options?: WaitOptions): void {
    if (!this.tryWait(direction, what, options)) throw timedOut(what, options?.timeout as number);
  }

  tryWait(direction: Direction, what: string, options?: WaitOptions): boolean {
    const end = this.begin(direction, what, options);
    for (;;) {
      const ready = this.calls.ready(this.fd);
      if (ready < 0) throw systemError("poll", ready);
      if ((ready & direction) !== 0) {
        if (direction === READ) this.mayRead = true;
        return true;
      }
      if (!this.tryPark(direction, what, options, end)) return false;
    }
  }

  accept(what: string, options?: WaitOptions): number {
    const end = this.begin(READ, what, options);
    for (;;) {
      const fd = this.calls.accept(this.fd);
      if (fd >= 0) return fd;
      if (fd === AGAIN) this.park(READ, what, options, end);
      else if (fd !== INTERRUPTED) throw systemError("accept", fd);
    }
  }

  connect(address: Address, what: string, options?: WaitOptions): void {
    const end = this.begin(WRITE, what, options);
    const { calls } = this;
    let result = calls.connect(this.fd, address);
    if (result === IN_PROGRESS || result === INTERRUPTED) {
      // What was reported until now is of a socket that was not connected.
      let ready = calls.ready(this.fd);
      while ((ready & WRITE) === 0) {
        this.park(WRITE, what, options, end);
        ready = calls.ready(this.fd);
      }
      result = -calls.getOption(this.fd, OPTIONS.error);
    }
    if (result < 0) throw systemError("connect", result, address);
    this.mayRead = true;
    this.ended = (calls.ready(this.fd) & END) !== 0;
  }

  receive(max: number, what: string, options?: WaitOptions): Buffer | null {
    const end = this.begin(READ, what, options);
    checkMax(max);
    const size = Math.min(Math.floor(max), SLAB_SIZE);
    for (;;) {
      if (this.mayRead) {
        const count = receive(this.calls, this.fd, size);
        if (count > 0) {
          if (count < size && this.isStream && !this.ended) this.mayRead = false;
          return received(this.calls, count);
        }
        if (count === 0) return null;
        if (count === INTERRUPTED) continue;
        if (count !== AGAIN) throw systemError("read", count);
        this.mayRead = false;
      }
      this.park(READ, what, options, end);
    }
  }

  send(data: Uint8Array | readonly Uint8Array[], what: string, options?: WaitOptions): void {
    const end = this.begin(WRITE, what, options);
    if (!Array.isArray(data)) {
      checkBytes(data as Uint8Array);
      return this.sendOne(data as Uint8Array, what, options, end);
    }
    for (const piece of data) checkBytes(piece);
    this.sendMany(data, what, options, end);
  }

  receiveFrom(
    max: number,
    what: string,
    options?: WaitOptions,
  ): { readonly data: Buffer; readonly address: Address } {
    const end = this.begin(READ, what, options);
    checkMax(max);
    for (;;) {
      const result = this.calls.receiveFrom(this.fd, Math.min(max, SLAB_SIZE));
      if (typeof result !== "number") return { data: receivedFrom(result[0]), address: result[1] };
      if (result === AGAIN) this.park(READ, what, options, end);
      else if (result !== INTERRUPTED) throw systemError("recvmsg", result);
    }
  }

  sendTo(data: Uint8Array, address: Address | null, what: string, options?: WaitOptions): void {
    const end = this.begin(WRITE, what, options);
    checkBytes(data);
    for (;;) {
      const result = this.calls.sendTo(this.fd, data, address);
      if (result >= 0) return;
      if (result === AGAIN) this.park(WRITE, what, options, end);
      else if (result !== INTERRUPTED) throw systemError("send", result, address);
    }
  }

  ref(): void {
    this.keepAlive(true);
  }

  unref(): void {
    this.keepAlive(false);
  }

  close(error?: unknown): void {
    const { fd } = this;
    if (fd < 0) return;
    this.release(error);
    this.calls.close(fd);
  }

  release(error: unknown = null): number {
    const { fd } = this;
    if (fd < 0) return fd;
    this.fd = -1;
    this.closedWith = error;
    this.registry.forget(fd);
    this.reader?.wake();
    this.writer?.wake();
    return fd;
  }

  unread(): null {
    return null;
  }

  /** @internal The driver has found it ready. */
  report(ready: number): void {
    if ((ready & END) !== 0) this.ended = true;
    if ((ready & READ) !== 0) {
      this.mayRead = true;
      this.reader?.wake();
    }
    if ((ready & WRITE) !== 0) this.writer?.wake();
  }

  /**
   * The first steps of every call.
   * @returns when it has to be over.
   */
  private begin(direction: Direction, what: string, options: WaitOptions | undefined): number {
    checkWait(what, options);
    blocker(what);
    stayFair(what);
    this.check(direction, what);
    return options === undefined ? Infinity : deadline(options.timeout);
  }

  private check(direction: Direction, what: string): void {
    if (this.fd < 0) throw new DescriptorClosedError();
    const other = direction === READ ? this.reader : this.writer;
    if (other === null) return;
    throw new ConcurrentObjectUseError(
      `${what}: another greenlet waits for descriptor ${this.fd} already, in ${other.what}`,
    );
  }

  private sendOne(
    data: Uint8Array,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    let sent = 0;
    while (sent < data.length) {
      const result = this.calls.send(this.fd, data, sent);
      if (result >= 0) sent += result;
      else if (result !== INTERRUPTED) this.afterSend(result, sent, what, options, end);
    }
  }

  private sendMany(
    pieces: readonly Uint8Array[],
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    let [sent, first, start] = [0, 0, 0];
    for (;;) {
      for (; first < pieces.length && start >= (pieces[first] as Uint8Array).length; first++) {
        start -= (pieces[first] as Uint8Array).length;
      }
      if (first === pieces.length) return;
      const result = this.calls.sendAll(this.fd, pieces, first, start);
      if (result >= 0) {
        sent += result;
        start += result;
      } else if (result !== INTERRUPTED) this.afterSend(result, sent, what, options, end);
    }
  }

  /** Nothing was sent: waits, or throws. */
  private afterSend(
    result: number,
    sent: number,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    try {
      if (result !== AGAIN) throw systemError("write", result);
      this.park(WRITE, what, options, end);
    } catch (error) {
      if (sent > 0 && error instanceof Object && Object.isExtensible(error)) {
        Object.assign(error, { sent });
      }
      throw error;
    }
  }

  /** Waits until this direction is reported. @throws Timeout when the time is over. */
  private park(
    direction: Direction,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    if (this.tryPark(direction, what, options, end)) return;
    throw timedOut(what, options?.timeout as number);
  }

  /** @returns false when the time is over. */
  private tryPark(
    direction: Direction,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): boolean {
    const waiter = new Waiter(what);
    if (direction === READ) this.reader = waiter;
    else this.writer = waiter;
    const { registry } = this;
    registry.want?.(this.fd, this.waiting);
    if (this.holds) registry.hold();
    try {
      const left =
        options === undefined ? undefined : { timeout: timeLeft(end), signal: options.signal };
      if (!waiter.tryWait(left)) return false;
    } finally {
      if (direction === READ) this.reader = null;
      else this.writer = null;
      if (this.holds) registry.unhold();
      // What is reported is not wanted any more; but this may have been interrupted.
      if (this.fd >= 0) registry.want?.(this.fd, this.waiting);
    }
    if (this.fd < 0) throw this.closedWith ?? new DescriptorClosedError();
    return true;
  }

  /** The directions in which greenlets wait. */
  private get waiting(): number {
    return (this.reader === null ? 0 : READ) | (this.writer === null ? 0 : WRITE);
  }

  private keepAlive(holds: boolean): void {
    if (this.holds === holds) return;
    this.holds = holds;
    for (const waiter of [this.reader, this.writer]) {
      if (waiter === null) continue;
      if (holds) this.registry.hold();
      else this.registry.unhold();
    }
  }
}

export function checkMax(max: number): void {
  const must = "a number of bytes, more than 0";
  if (typeof max !== "number") throw wrongType("max", must, max);
  if (!(max >= 1)) throw outOfRange("max", must, max);
}

export function checkBytes(data: Uint8Array): void {
  if (!isUint8Array(data)) throw wrongType("data", "a Buffer or Uint8Array", data);
}
