import { constants } from "node:os";
import { checkWait, outOfRange, type WaitOptions } from "@greenlit/core/blocking-call";
import { Epoll, EPOLLIN, EPOLLOUT } from "./epoll.js";
import { DescriptorClosedError, systemError } from "./errors.js";
import { type FileLike, fileno } from "./fileno.js";
import { READ, WRITE } from "./readiness.js";

export const EVENT_READ: number = READ;
export const EVENT_WRITE: number = WRITE;

const { errno } = constants;

/** What is registered: Python's `SelectorKey`. */
export interface SelectorKey<Data = unknown> {
  /** As it was given. */
  readonly fileobj: FileLike;
  readonly fd: number;
  /** What is waited for: EVENT_READ, EVENT_WRITE, or both. */
  readonly events: number;
  readonly data: Data;
}

/**
 * Python's `selectors.DefaultSelector`: descriptors with what is waited for at each, and data of
 * yours.
 */
export class Selector<Data = unknown> implements Disposable {
  private readonly epoll = new Epoll();
  private readonly keys = new Map<number, SelectorKey<Data>>();

  /**
   * Adds a descriptor.
   * @throws RangeError for events that are none, EEXIST when it is there already, and what
   *   `Epoll.register` throws.
   */
  register(fileobj: FileLike, events: number, data?: Data): SelectorKey<Data> {
    checkEvents(events);
    const fd = this.find(fileobj);
    if (this.keys.has(fd)) throw systemError("register", -errno.EEXIST);
    this.epoll.register(fd, inEpoll(events));
    return this.keep({ fileobj, fd, events, data: data as Data });
  }

  /** @throws ENOENT when it was never registered. One that has been closed since is forgotten. */
  unregister(fileobj: FileLike): SelectorKey<Data> {
    const key = this.getKey(fileobj);
    this.keys.delete(key.fd);
    try {
      this.epoll.unregister(key.fd);
    } catch (error) {
      // Closed already: the kernel has forgotten it. Its number may even be another one's now.
      const { code } = error as NodeJS.ErrnoException;
      if (code !== "EBADF" && code !== "ENOENT") throw error;
    }
    return key;
  }

  /** Changes events and data. @throws ENOENT when it was never registered. */
  modify(fileobj: FileLike, events: number, data?: Data): SelectorKey<Data> {
    checkEvents(events);
    const key = this.getKey(fileobj);
    if (events !== key.events) this.epoll.modify(key.fd, inEpoll(events));
    return this.keep({ ...key, events, data: data as Data });
  }

  /**
   * Blocks until at least one is ready.
   * @returns the keys with the events that are so; none when `timeout` milliseconds have passed.
   */
  select(options?: WaitOptions): [key: SelectorKey<Data>, events: number][] {
    checkWait("Selector.select", options);
    const maxEvents = Math.max(this.keys.size, 1);
    const ready: [SelectorKey<Data>, number][] = [];
    for (const [fd, found] of this.epoll.pollFor("Selector.select", { ...options, maxEvents })) {
      const key = this.keys.get(fd);
      if (key === undefined) continue;
      // An error or the end: a call in either direction finds out.
      const events =
        ((found & ~EPOLLIN) === 0 ? 0 : EVENT_WRITE) | ((found & ~EPOLLOUT) === 0 ? 0 : EVENT_READ);
      if ((events & key.events) !== 0) ready.push([key, events & key.events]);
    }
    return ready;
  }

  /** The key of a descriptor. @throws ENOENT when it was never registered. */
  getKey(fileobj: FileLike): SelectorKey<Data> {
    const key = this.keys.get(this.find(fileobj));
    if (key === undefined) throw systemError("getKey", -errno.ENOENT);
    return key;
  }

  /** All keys, by descriptor. Null once closed. */
  getMap(): ReadonlyMap<number, SelectorKey<Data>> | null {
    return this.epoll.closed ? null : this.keys;
  }

  /** Closes it, not what is registered. The second time it does nothing. */
  close(): void {
    this.epoll.close();
    this.keys.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  private keep(key: SelectorKey<Data>): SelectorKey<Data> {
    this.keys.set(key.fd, key);
    return key;
  }

  /** The number of a descriptor, also of an object that has been closed meanwhile and has none. */
  private find(fileobj: FileLike): number {
    if (this.epoll.closed) throw new DescriptorClosedError("the selector is closed");
    try {
      return fileno(fileobj);
    } catch (error) {
      for (const key of this.keys.values()) if (key.fileobj === fileobj) return key.fd;
      throw error;
    }
  }
}

function checkEvents(events: number): void {
  if (events === EVENT_READ || events === EVENT_WRITE || events === (EVENT_READ | EVENT_WRITE))
    return;
  throw outOfRange("events", "EVENT_READ, EVENT_WRITE or both", events);
}

function inEpoll(events: number): number {
  return (
    ((events & EVENT_READ) === 0 ? 0 : EPOLLIN) | ((events & EVENT_WRITE) === 0 ? 0 : EPOLLOUT)
  );
}
