import { constants } from "node:os";
import { wrongType } from "@greenlit/core/blocking-call";
import type { Backend, BackendStats, Descriptor } from "./backend.js";
import { systemError } from "./errors.js";
import { RingDescriptor } from "./ring-descriptor.js";
import { RingFiles } from "./ring-files.js";
import { RingQueue } from "./ring-queue.js";
import { RingRegistry } from "./ring-registry.js";

/** What `prepare` says; native/system.cc has the same numbers. */
const OTHER = 0;
const DATAGRAM = 3;
const OTHER_SOCKET = 4;

/**
 * What a ring is to do without, for tests of what happens on a kernel that lacks it. Bits, which
 * native/ring.h explains.
 */
export const WITHOUT = { nothing: 0, multishot: 1, incremental: 2, operations: 4 } as const;

const { errno } = constants;

/** What a ring has done, and has to do. */
export interface RingStats extends BackendStats {
  /** Operations that the kernel has, also those that nobody waits for. */
  readonly underWay: number;
}

/** The driver `uring`: operations are handed to the kernel, which tells when they are done. */
export class RingBackend implements Backend {
  readonly name = "uring";
  readonly ring: RingQueue;
  readonly files: RingFiles;

  private readonly registry: RingRegistry;
  private readonly descriptors: (Descriptor | undefined)[] = [];
  private registered = 0;
  private closed = false;

  /** @throws Error with the reason when the kernel has none that can be used. */
  constructor(without: number = WITHOUT.nothing) {
    this.ring = new RingQueue(without);
    this.files = new RingFiles(this.ring);
    this.registry = new RingRegistry(this.ring, this.forget);
  }

  register(fd: number): Descriptor {
    if (!Number.isInteger(fd)) throw wrongType("fd", "the number of a descriptor", fd);
    if (this.descriptors[fd] !== undefined) throw systemError("register", -errno.EEXIST);
    const { native, calls } = this.ring;
    const result = native.register(fd);
    if (result < 0) throw systemError("register", result);
    const kind = calls.prepare(fd);
    if (kind < 0) {
      native.disown(fd);
      throw systemError("register", kind);
    }
    const isPolled = kind === OTHER || kind === OTHER_SOCKET;
    // Without multishot, what is received would not come with its address.
    const descriptor =
      isPolled || (kind === DATAGRAM && !native.multishot)
        ? this.registry.add(fd)
        : new RingDescriptor(this.ring, fd, this.forget);
    this.descriptors[fd] = descriptor;
    this.registered++;
    return descriptor;
  }

  stats(): RingStats {
    const { registered, closed } = this;
    const { waiting, native } = this.ring;
    return {
      registered,
      waiting,
      batches: closed ? 0 : native.deliveries(),
      underWay: closed ? 0 : native.underWay(),
    };
  }

  close(): void {
    if (this.registered > 0) throw new Error(`${this.registered} descriptors are registered`);
    if (this.closed) return;
    this.closed = true;
    this.ring.native.close();
  }

  private readonly forget = (fd: number): void => {
    this.descriptors[fd] = undefined;
    this.registered--;
    this.ring.native.disown(fd);
  };
}
