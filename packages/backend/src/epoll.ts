import {
  blocker,
  checkWait,
  deadline,
  outOfRange,
  stayFair,
  timeLeft,
  WAIT,
  type WaitOptions,
} from "@greenlit/core/blocking-call";
import type { Descriptor } from "./backend.js";
import { DescriptorClosedError, systemError } from "./errors.js";
import { type FileLike, fileno } from "./fileno.js";
import { openBackend } from "./open.js";
import { registered } from "./poll.js";
import { READ } from "./readiness.js";
import { INTERRUPTED, system } from "./system.js";

// The numbers of epoll(7).
export const EPOLLIN = 0x1;
export const EPOLLPRI = 0x2;
export const EPOLLOUT = 0x4;
export const EPOLLERR = 0x8;
export const EPOLLHUP = 0x10;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE: number = 2 ** 28;
export const EPOLLONESHOT: number = 2 ** 30;
export const EPOLLET: number = 2 ** 31;

const ADD = 1;
const REMOVE = 2;
const CHANGE = 3;

/** As many as Python takes, unless told otherwise. */
const MOST = 1023;

/** Options of `Epoll.poll`. */
export interface EpollOptions extends WaitOptions {
  /** The most events to return. Default: 1023. */
  readonly maxEvents?: number | undefined;
}

const OPTIONS = [...WAIT, "maxEvents"];

/** Python's `select.epoll()`: epoll(7) itself, whose wait blocks only the greenlet. Linux alone. */
export class Epoll implements Disposable {
  private readonly descriptor: Descriptor;

  /** @throws the system's error: EMFILE ... */
  constructor() {
    const fd = system().epollCreate();
    if (fd < 0) throw systemError("epoll_create", fd);
    this.descriptor = registered(openBackend(), fd);
  }

  /** Its own descriptor; -1 once closed. */
  get fd(): number {
    return this.descriptor.fd;
  }

  get closed(): boolean {
    return this.fd < 0;
  }

  /**
   * Adds a descriptor.
   * @param events default: EPOLLIN | EPOLLPRI | EPOLLOUT.
   * @throws EEXIST when it is there already, EBADF when it is not open, EPERM when the kernel
   *   cannot wait for it, as for a regular file.
   */
  register(file: FileLike, events: number = EPOLLIN | EPOLLPRI | EPOLLOUT): void {
    this.control(ADD, file, events);
  }

  /** Changes what is waited for. @throws ENOENT when it was never registered. */
  modify(file: FileLike, events: number): void {
    this.control(CHANGE, file, events);
  }

  /** @throws ENOENT when it was never registered, EBADF when it has been closed. */
  unregister(file: FileLike): void {
    this.control(REMOVE, file, 0);
  }

  /**
   * Blocks until at least one is ready.
   * @returns descriptors and their events; none when `timeout` milliseconds have passed.
   */
  poll(options?: EpollOptions): [fd: number, events: number][] {
    return this.pollFor("Epoll.poll", options);
  }

  /** @internal As `poll`, under another name in errors. */
  pollFor(what: string, options: EpollOptions | undefined): [fd: number, events: number][] {
    checkWait(what, options, OPTIONS);
    blocker(what);
    const { maxEvents = MOST, signal } = options ?? {};
    if (!Number.isInteger(maxEvents) || maxEvents < 1 || maxEvents > 1e6) {
      throw outOfRange("maxEvents", "a whole number from 1 to 1000000", maxEvents);
    }
    const end = deadline(options?.timeout);
    const fd = this.own();
    if ((system().ready(fd) & READ) !== 0) stayFair(what);
    const ready = new Int32Array(2 * maxEvents);
    for (;;) {
      const count = system().epollWait(this.own(), ready, maxEvents);
      if (count < 0 && count !== INTERRUPTED) throw systemError("epoll_wait", count);
      if (count > 0) return pairs(ready, count);
      const left = { timeout: timeLeft(end), signal };
      if (!this.descriptor.tryWait(READ, what, left)) return [];
    }
  }

  /** Closes it; who waits gets a DescriptorClosedError. The second time it does nothing. */
  close(): void {
    this.descriptor.close(new DescriptorClosedError("the epoll is closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private control(operation: 1 | 2 | 3, file: FileLike, events: number): void {
    const epoll = this.own();
    const fd = fileno(file);
    // With EPOLLET, `|` gives a negative number.
    if (!Number.isInteger(events) || events < -(2 ** 31) || events >= 2 ** 32) {
      throw outOfRange("events", "a whole number of 32 bits", events);
    }
    const result = system().epollControl(epoll, operation, fd, events);
    if (result < 0) throw systemError("epoll_ctl", result);
  }

  private own(): number {
    if (this.closed) throw new DescriptorClosedError("the epoll is closed");
    return this.fd;
  }
}

function pairs(ready: Int32Array, count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => [
    ready[2 * i] as number,
    (ready[2 * i + 1] as number) >>> 0,
  ]);
}
