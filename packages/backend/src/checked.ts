import assert from "node:assert/strict";
import { fstatSync } from "node:fs";
import type { WaitOptions } from "@greenlit/core/blocking-call";
import type { Address } from "./address.js";
import type { Backend, BackendName, BackendStats, Descriptor } from "./backend.js";
import type { FileOperations } from "./file-operations.js";
import { type Direction } from "./readiness.js";
import { system } from "./system.js";

/**
 * The same backend, which checks whoever uses it, and itself: `GREENLIT_BACKEND_CHECK=true`. What
 * is wrong throws an AssertionError where it is seen first.
 */
export function checked(backend: Backend): Backend {
  return new CheckedBackend(backend);
}

class CheckedBackend implements Backend {
  readonly name: BackendName;
  readonly files: FileOperations | null;
  private readonly backend: Backend;

  constructor(backend: Backend) {
    this.backend = backend;
    this.name = backend.name;
    this.files = backend.files;
  }

  register(fd: number): Descriptor {
    const { registered } = this.stats();
    const descriptor = this.backend.register(fd);
    assert.equal(descriptor.fd, fd);
    assert.equal(this.stats().registered, registered + 1);
    return new CheckedDescriptor(this.backend, descriptor);
  }

  stats(): BackendStats {
    const stats = this.backend.stats();
    for (const [name, count] of Object.entries(stats)) assert.ok(count >= 0, `${name} is ${count}`);
    return stats;
  }

  close(): void {
    this.backend.close();
    assert.equal(this.backend.stats().waiting, 0);
  }
}

/** Which file a descriptor leads to. */
function identity(fd: number): string {
  try {
    const { dev, ino } = fstatSync(fd, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return "closed";
  }
}

class CheckedDescriptor implements Descriptor {
  private readonly backend: Backend;
  private readonly descriptor: Descriptor;
  private readonly identity: string;

  constructor(backend: Backend, descriptor: Descriptor) {
    this.backend = backend;
    this.descriptor = descriptor;
    this.identity = identity(descriptor.fd);
  }

  get fd(): number {
    return this.descriptor.fd;
  }

  wait(direction: Direction, what: string, options?: WaitOptions): void {
    this.own().wait(direction, what, options);
    this.checkReady(direction, what);
  }

  tryWait(direction: Direction, what: string, options?: WaitOptions): boolean {
    if (!this.own().tryWait(direction, what, options)) return false;
    this.checkReady(direction, what);
    return true;
  }

  accept(what: string, options?: WaitOptions): number {
    const fd = this.own().accept(what, options);
    assert.ok(fd > 2, `${what}: it gave ${fd}`);
    return fd;
  }

  connect(address: Address, what: string, options?: WaitOptions): void {
    this.own().connect(address, what, options);
  }

  receive(max: number, what: string, options?: WaitOptions): Buffer | null {
    const data = this.own().receive(max, what, options);
    if (data === null) return null;
    assert.ok(data.length > 0 && data.length <= max, `${what}: ${data.length} of ${max} bytes`);
    return data;
  }

  send(data: Uint8Array | readonly Uint8Array[], what: string, options?: WaitOptions): void {
    this.own().send(data, what, options);
  }

  receiveFrom(
    max: number,
    what: string,
    options?: WaitOptions,
  ): { readonly data: Buffer; readonly address: Address } {
    const datagram = this.own().receiveFrom(max, what, options);
    assert.ok(datagram.data.length <= max, `${what}: ${datagram.data.length} of ${max} bytes`);
    return datagram;
  }

  sendTo(data: Uint8Array, address: Address | null, what: string, options?: WaitOptions): void {
    this.own().sendTo(data, address, what, options);
  }

  ref(): void {
    this.descriptor.ref();
  }

  unref(): void {
    this.descriptor.unref();
  }

  close(error?: unknown): void {
    if (this.fd >= 0) this.leave(() => this.own().close(error));
  }

  release(error?: unknown): number {
    return this.fd < 0 ? -1 : this.leave(() => this.own().release(error));
  }

  unread(): Buffer | null {
    return this.descriptor.unread();
  }

  private leave<T>(leave: () => T): T {
    const { registered } = this.backend.stats();
    const result = leave();
    assert.equal(this.fd, -1);
    assert.equal(this.backend.stats().registered, registered - 1);
    return result;
  }

  private checkReady(direction: Direction, what: string): void {
    // A ring may have taken in already what it is ready for.
    if (this.backend.name === "uring") return;
    assert.ok((system().ready(this.fd) & direction) !== 0, `${what}: it is not ready`);
  }

  /** The descriptor, which must be what it was: nobody else may have closed it. */
  private own(): Descriptor {
    const { fd } = this;
    if (fd >= 0) {
      const now = identity(fd);
      assert.equal(now, this.identity, `descriptor ${fd} was closed by somebody else`);
    }
    return this.descriptor;
  }
}
