import { constants } from "node:os";
import { ConcurrentObjectUseError } from "@greenlit/core";
import {
  blocker,
  checkWait,
  deadline,
  stayFair,
  timedOut,
  timeLeft,
  type WaitOptions,
  Waiter,
} from "@greenlit/core/blocking-call";
import type { Address } from "./address.js";
import type { Descriptor } from "./backend.js";
import { checkBytes, checkMax } from "./descriptor.js";
import { DescriptorClosedError, systemError } from "./errors.js";
import { Operation } from "./operation.js";
import { type Direction, READ, WRITE } from "./readiness.js";
import { Connections, Datagrams, type Input, type InputOwner, Stream } from "./ring-input.js";
import type { RingQueue } from "./ring-queue.js";
import { SLAB_SIZE } from "./system.js";

const { errno } = constants;

/**
 * A socket of the driver `uring`. What comes in, the kernel goes on to take in by itself once it
 * was asked for (`Input`), so a call finds it here, or waits until it comes. What goes out is an
 * operation of its own.
 */
export class RingDescriptor implements Descriptor, InputOwner {
  fd: number;

  private readonly ring: RingQueue;
  private readonly forget: (fd: number) => void;
  private input: Input | null = null;
  private readonly output: Outcome;
  private readonly readable: Outcome;
  private reader: Waiter<number> | null = null;
  private holds = true;
  /** Calls that wait, or have been woken and have not gone on yet. */
  private waiting = 0;
  /** What those get who waited when it was closed. */
  private closedWith: unknown = null;

  constructor(ring: RingQueue, fd: number, forget: (fd: number) => void) {
    this.ring = ring;
    this.fd = fd;
    this.forget = forget;
    this.output = new Outcome(ring.operations);
    this.readable = new Outcome(ring.operations);
  }

  wait(direction: Direction, what: string, options?: WaitOptions): void {
    if (!this.tryWait(direction, what, options)) throw timedOut(what, options?.timeout as number);
  }

  tryWait(direction: Direction, what: string, options?: WaitOptions): boolean {
    const end = this.begin(direction, what, options);
    for (;;) {
      const input = direction === READ ? this.input : null;
      if (input !== null && input.isReady) return true;
      const ready = this.ring.calls.ready(this.fd);
      if (ready < 0) throw systemError("poll", ready);
      if ((ready & direction) !== 0) return true;
      if (input !== null && input.active) {
        if (!this.parkReader(new Waiter(what), options, end)) return false;
      } else if (!this.poll(direction, what, options, end)) {
        return false;
      }
    }
  }

  accept(what: string, options?: WaitOptions): number {
    const end = this.begin(READ, what, options);
    const input = this.open(Connections);
    for (;;) {
      const fd = input.take();
      if (fd >= 0) return fd;
      this.await(input, "accept", what, options, end);
    }
  }

  connect(address: Address, what: string, options?: WaitOptions): void {
    const end = this.begin(WRITE, what, options);
    const { output } = this;
    const wrong = this.ring.native.connect(output.id, this.fd, address);
    if (wrong < 0) throw systemError("connect", wrong, address);
    const result = this.finish(output.begin(what), options, end);
    if (result < 0) throw systemError("connect", result, address);
  }

  receive(max: number, what: string, options?: WaitOptions): Buffer | null {
    const end = this.begin(READ, what, options);
    checkMax(max);
    const input = this.open(Stream);
    for (;;) {
      const data = input.take(max);
      if (data !== undefined) return data;
      this.await(input, "read", what, options, end);
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
    const input = this.open(Datagrams);
    for (;;) {
      const datagram = input.take(Math.min(max, SLAB_SIZE));
      if (datagram !== null) return datagram;
      this.await(input, "recvmsg", what, options, end);
    }
  }

  sendTo(data: Uint8Array, address: Address | null, what: string, options?: WaitOptions): void {
    const end = this.begin(WRITE, what, options);
    checkBytes(data);
    const { output } = this;
    for (;;) {
      const wrong = this.ring.native.sendTo(output.id, this.fd, data, address);
      if (wrong < 0) throw systemError("send", wrong, address);
      const result = this.finish(output.begin(what), options, end);
      if (result >= 0) return;
      if (!isTransient(result)) throw systemError("send", result, address);
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
    this.ring.calls.close(fd);
  }

  release(error: unknown = null): number {
    const { fd, input, output, readable } = this;
    if (fd < 0) return fd;
    this.fd = -1;
    this.closedWith = error;
    // The kernel would keep the socket open for what is under way.
    for (const operation of [input, output, readable]) {
      if (operation === null) continue;
      this.ring.settle(operation);
      operation.remove();
    }
    this.forget(fd);
    this.reader?.wake(0);
    input?.close();
    return fd;
  }

  unread(): Buffer | null {
    const { input } = this;
    return this.fd < 0 && input instanceof Stream ? input.takeAll() : null;
  }

  /** @internal Something has come in. */
  wakeReader(): void {
    this.reader?.wake(0);
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

  /**
   * Who really waits to write: not who has only not been submitted yet, and would not have had to
   * wait.
   */
  private get writer(): Call | null {
    const { output } = this;
    if (output.active) this.ring.flush();
    return output.active ? output.call : null;
  }

  /** The input of this kind. What another kind has taken in is lost: a socket has one kind. */
  private open<Kind extends Input>(kind: new (owner: InputOwner, ring: RingQueue) => Kind): Kind {
    const { input, ring } = this;
    if (input instanceof kind) return input;
    if (input !== null) {
      ring.settle(input);
      input.close();
      input.remove();
    }
    const opened = new kind(this, ring);
    this.input = opened;
    return opened;
  }

  /** Nothing is there: waits for the input to have something. */
  private await(
    input: Input,
    syscall: string,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    const failure = input.takeFailure();
    if (failure < 0) throw systemError(syscall, failure);
    if (!input.active) input.begin(this.fd);
    try {
      if (this.parkReader(new Waiter(what), options, end)) return;
      throw timedOut(what, options?.timeout as number);
    } catch (error) {
      // What has come meanwhile stays here, for the next call.
      this.ring.settle(input);
      throw error;
    }
  }

  private sendOne(
    data: Uint8Array,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    const { output } = this;
    for (let sent = 0; sent < data.length;) {
      this.ring.native.send(output.id, this.fd, data, sent);
      sent += this.finishSend(output.begin(what), sent, options, end);
    }
  }

  private sendMany(
    pieces: readonly Uint8Array[],
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): void {
    const { output } = this;
    let [sent, first, start] = [0, 0, 0];
    for (;;) {
      for (; first < pieces.length && start >= (pieces[first] as Uint8Array).length; first++) {
        start -= (pieces[first] as Uint8Array).length;
      }
      if (first === pieces.length) return;
      this.ring.native.sendAll(output.id, this.fd, pieces, first, start);
      const count = this.finishSend(output.begin(what), sent, options, end);
      sent += count;
      start += count;
    }
  }

  /** @returns how many bytes were sent. */
  private finishSend(
    call: Call,
    sent: number,
    options: WaitOptions | undefined,
    end: number,
  ): number {
    try {
      const result = this.finish(call, options, end);
      if (result >= 0) return result;
      if (!isTransient(result)) throw systemError("write", result);
      return 0;
    } catch (error) {
      const total = sent + Math.max(call.result, 0);
      if (total > 0 && error instanceof Object && Object.isExtensible(error)) {
        Object.assign(error, { sent: total });
      }
      throw error;
    }
  }

  /** Waits until an operation is over. It is over too when this throws. @returns its result. */
  private finish(call: Call, options: WaitOptions | undefined, end: number): number {
    try {
      if (!this.tryPark(call, options, end)) {
        throw timedOut(call.what, options?.timeout as number);
      }
    } catch (error) {
      this.settle(call);
      throw error;
    }
    return call.result;
  }

  /** Waits until the descriptor may be ready. @returns false when the time is over. */
  private poll(
    direction: Direction,
    what: string,
    options: WaitOptions | undefined,
    end: number,
  ): boolean {
    const outcome = direction === READ ? this.readable : this.output;
    this.ring.native.poll(outcome.id, this.fd, direction);
    const call = outcome.begin(what);
    try {
      if (direction === READ) return this.parkReader(call, options, end);
      return this.tryPark(call, options, end);
    } finally {
      this.settle(call);
    }
  }

  private settle(call: Call): void {
    const { operation } = call;
    // Else it is over, and the next one has begun.
    if (operation.call === call) this.ring.settle(operation);
  }

  /** As tryPark, for what comes in. */
  private parkReader(
    waiter: Waiter<number>,
    options: WaitOptions | undefined,
    end: number,
  ): boolean {
    this.reader = waiter;
    try {
      return this.tryPark(waiter, options, end);
    } finally {
      this.reader = null;
    }
  }

  /** Waits until somebody wakes it. @returns false when the time is over. */
  private tryPark(waiter: Waiter<number>, options: WaitOptions | undefined, end: number): boolean {
    this.waiting++;
    if (this.holds) this.ring.hold();
    try {
      const left =
        options === undefined ? undefined : { timeout: timeLeft(end), signal: options.signal };
      if (!waiter.tryWait(left)) return false;
    } finally {
      this.waiting--;
      if (this.holds) this.ring.unhold();
    }
    if (this.fd < 0) throw this.closedWith ?? new DescriptorClosedError();
    return true;
  }

  private keepAlive(holds: boolean): void {
    if (this.holds === holds) return;
    this.holds = holds;
    for (let i = 0; i < this.waiting; i++) {
      if (holds) this.ring.hold();
      else this.ring.unhold();
    }
  }
}

/** A call of a greenlet that waits for an operation. */
class Call extends Waiter<number> {
  readonly operation: Outcome;
  /** Of the operation, also when the greenlet has been interrupted before. */
  result = 0;

  constructor(what: string, operation: Outcome) {
    super(what);
    this.operation = operation;
  }
}

/** An operation that has one result, for the call that waits for it. */
class Outcome extends Operation {
  call: Call | null = null;

  /** It has been handed over. */
  begin(what: string): Call {
    this.active = true;
    return (this.call = new Call(what, this));
  }

  complete(result: number): void {
    const call = this.call as Call;
    call.result = result;
    call.wake(result);
  }
}

/** Whether the same call may well succeed the next time. */
function isTransient(result: number): boolean {
  return result === -errno.EINTR || result === -errno.EAGAIN;
}
