import { constants } from "node:os";
import {
  blocker,
  checkWait,
  deadline,
  outOfRange,
  stayFair,
  timeLeft,
  type WaitOptions,
} from "@greenlit/core/blocking-call";
import type { Backend, Descriptor } from "./backend.js";
import { systemError } from "./errors.js";
import { type FileLike, fileno } from "./fileno.js";
import { openBackend } from "./open.js";
import { READ } from "./readiness.js";
import { INTERRUPTED, system } from "./system.js";

// The numbers of poll(2).
export const POLLIN = 0x1;
export const POLLPRI = 0x2;
export const POLLOUT = 0x4;
export const POLLERR = 0x8;
export const POLLHUP = 0x10;
export const POLLNVAL = 0x20;
export const POLLRDHUP = 0x2000;

const { errno } = constants;
const LARGEST_MASK = 0xffff;

/**
 * Python's `select.poll()`: a set of descriptors with what is waited for at each. It asks the
 * kernel by poll(2); only the greenlet waits. POLLERR, POLLHUP and POLLNVAL are always
 * told.
 */
export class Poll {
  private readonly events = new Map<number, number>();

  /**
   * Adds a descriptor, or changes what is waited for. It need not be open: then `poll` says
   * POLLNVAL.
   * @param events default: POLLIN | POLLPRI | POLLOUT.
   */
  register(file: FileLike, events: number = POLLIN | POLLPRI | POLLOUT): void {
    this.events.set(fileno(file), mask(events));
  }

  /** @throws ENOENT when it was never registered. */
  modify(file: FileLike, events: number): void {
    const fd = this.known("modify", file);
    this.events.set(fd, mask(events));
  }

  /** @throws ENOENT when it was never registered. */
  unregister(file: FileLike): void {
    this.events.delete(this.known("unregister", file));
  }

  /**
   * Blocks until at least one is ready.
   * @returns descriptors and their events; none when `timeout` milliseconds have passed.
   */
  poll(options?: WaitOptions): [fd: number, events: number][] {
    return pollDescriptors("Poll.poll", [...this.events], options);
  }

  private known(what: string, file: FileLike): number {
    const fd = fileno(file);
    if (!this.events.has(fd)) throw systemError(what, -errno.ENOENT);
    return fd;
  }
}

function mask(events: number): number {
  if (Number.isInteger(events) && events >= 0 && events <= LARGEST_MASK) return events;
  throw outOfRange("events", `a whole number from 0 to ${LARGEST_MASK}`, events);
}

/**
 * @internal Blocks until at least one of these is ready.
 * @param wanted descriptors with what is waited for.
 */
export function pollDescriptors(
  what: string,
  wanted: readonly (readonly [fd: number, events: number])[],
  options: WaitOptions | undefined,
): [fd: number, events: number][] {
  checkWait(what, options);
  blocker(what);
  const end = deadline(options?.timeout);
  let ready = pollNow(wanted);
  if (ready.length > 0) {
    stayFair(what);
    ready = pollNow(wanted);
  }
  if (ready.length > 0) return ready;
  const descriptor = together(wanted);
  try {
    do {
      const left = { timeout: timeLeft(end), signal: options?.signal };
      if (!descriptor.tryWait(READ, what, left)) return [];
      ready = pollNow(wanted);
    } while (ready.length === 0);
    return ready;
  } finally {
    descriptor.close();
  }
}

/** Those that are ready now. */
function pollNow(wanted: readonly (readonly [fd: number, events: number])[]): [number, number][] {
  // As the kernel has them: the number, and in the next word what is wanted and, above, what is so.
  const set = new Int32Array(2 * wanted.length);
  wanted.forEach(([fd, events], i) => {
    set[2 * i] = fd;
    set[2 * i + 1] = events;
  });
  const count = system().pollNow(set, wanted.length);
  if (count < 0 && count !== INTERRUPTED) throw systemError("poll", count);
  const ready: [number, number][] = [];
  for (let i = 0; count > 0 && i < wanted.length; i++) {
    const events = (set[2 * i + 1] as number) >>> 16;
    if (events !== 0) ready.push([set[2 * i] as number, events]);
  }
  return ready;
}

/** One descriptor that is readable while any of several is ready: an epoll of their own. */
function together(wanted: readonly (readonly [fd: number, events: number])[]): Descriptor {
  const calls = system();
  const epoll = calls.epollCreate();
  if (epoll < 0) throw systemError("epoll_create", epoll);
  // What epoll refuses is always ready, or never will be.
  for (const [fd, events] of wanted) calls.epollControl(epoll, 1, fd, events);
  return registered(openBackend(), epoll);
}

/** @internal Registers a descriptor; closes it when that fails. */
export function registered(backend: Backend, fd: number): Descriptor {
  try {
    return backend.register(fd);
  } catch (error) {
    system().close(fd);
    throw error;
  }
}
