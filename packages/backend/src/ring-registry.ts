import { constants } from "node:os";
import type { Binding } from "./binding.js";
import { PolledDescriptor, type Registry } from "./descriptor.js";
import { Operation } from "./operation.js";
import { type Direction, END, READ, WRITE } from "./readiness.js";
import type { RingQueue } from "./ring-queue.js";

const { errno } = constants;

/** POLLIN and POLLOUT of poll(2): anything else means the end, or an error. */
const ORDINARY = 1 | 4;

/**
 * What is no socket, a pipe or a terminal, is waited for and then read as with the other drivers;
 * but it is the ring that waits.
 */
export class RingRegistry implements Registry {
  readonly forget: (fd: number) => void;

  private readonly ring: RingQueue;
  private readonly readiness: Map<number, Both> = new Map();

  constructor(ring: RingQueue, forget: (fd: number) => void) {
    this.ring = ring;
    this.forget = (fd) => {
      this.end(fd);
      forget(fd);
    };
  }

  add(fd: number): PolledDescriptor {
    const descriptor = new PolledDescriptor(this, fd, 0, false);
    const { ring } = this;
    this.readiness.set(fd, [
      new Readiness(ring, descriptor, READ),
      new Readiness(ring, descriptor, WRITE),
    ]);
    return descriptor;
  }

  get calls(): Binding {
    return this.ring.calls;
  }

  hold(): void {
    this.ring.hold();
  }

  unhold(): void {
    this.ring.unhold();
  }

  readonly want = (fd: number, directions: number): void => {
    for (const one of this.readiness.get(fd) as Both) {
      if ((directions & one.direction) !== 0) one.begin(fd);
      else this.ring.settle(one);
    }
  };

  private end(fd: number): void {
    for (const one of this.readiness.get(fd) as Both) {
      this.ring.settle(one);
      one.remove();
    }
    this.readiness.delete(fd);
  }
}

type Both = readonly [reading: Readiness, writing: Readiness];

/** That a descriptor becomes ready in one direction. */
class Readiness extends Operation {
  readonly direction: Direction;

  private readonly ring: RingQueue;
  private readonly descriptor: PolledDescriptor;

  constructor(ring: RingQueue, descriptor: PolledDescriptor, direction: Direction) {
    super(ring.operations);
    this.ring = ring;
    this.descriptor = descriptor;
    this.direction = direction;
  }

  begin(fd: number): void {
    if (this.active) return;
    this.active = true;
    this.ring.native.poll(this.id, fd, this.direction);
  }

  complete(result: number): void {
    if (result === -errno.ECANCELED) return;
    const ended = result < 0 || (result & ~ORDINARY) !== 0;
    this.descriptor.report(ended ? this.direction | END : this.direction);
  }
}
