import { constants } from "node:os";
import { getHub } from "@greenlit/core";
import { wakeTogether, wrongType } from "@greenlit/core/blocking-call";
import type { Backend, BackendName, BackendStats } from "./backend.js";
import { type Binding, type NativePoller, scopes } from "./binding.js";
import { PolledDescriptor, type Registry } from "./descriptor.js";
import { DescriptorLimitError, systemError } from "./errors.js";
import { system, TCP } from "./system.js";

/** Descriptors in one batch, as native/poller.h has it. */
const BATCH = 1024;

/** What is shared with native/poller.h, by place. */
const WAITING = 0;
const HELD = 1;

const { errno } = constants;

/** A driver that tells which descriptors are ready: uv, select, poll or epoll. */
export class Poller implements Backend, Registry {
  readonly name: BackendName;
  readonly files: null = null;
  readonly calls: Binding = system();
  readonly want: Registry["want"];

  private readonly native: NativePoller;
  private readonly control = new Int32Array(2);
  /** Descriptor, generation and readiness of each in a batch. */
  private readonly events = new Int32Array(3 * BATCH);
  private count = 0;
  private readonly descriptors: (PolledDescriptor | undefined)[] = [];
  private registered = 0;
  private generations = 0;

  /** @throws the system's error when the kernel has no more descriptors; DescriptorLimitError. */
  constructor(name: BackendName) {
    this.name = name;
    const deliver = (count: number): void => {
      this.count = count;
      wakeTogether(this.wake);
    };
    const native = this.calls.openPoller(name, scopes(), this.events, this.control, deliver);
    if (native === -errno.ERANGE) throw new DescriptorLimitError(null);
    if (typeof native === "number") throw systemError(name, native);
    this.native = native;
    this.want = name === "epoll" ? null : (fd, directions) => native.want(fd, directions);
  }

  register(fd: number): PolledDescriptor {
    if (!Number.isInteger(fd)) throw wrongType("fd", "the number of a descriptor", fd);
    if (this.descriptors[fd] !== undefined) throw systemError("register", -errno.EEXIST);
    this.generations = (this.generations % 0x7fff_ffff) + 1;
    const result = this.native.register(fd, this.generations);
    if (result === -errno.ERANGE) throw new DescriptorLimitError(fd);
    if (result < 0) throw systemError("register", result);
    const kind = this.calls.prepare(fd);
    if (kind < 0) {
      this.native.forget(fd);
      throw systemError("register", kind);
    }
    const descriptor = new PolledDescriptor(this, fd, this.generations, kind === TCP);
    this.descriptors[fd] = descriptor;
    this.registered++;
    return descriptor;
  }

  stats(): BackendStats {
    const { registered, control } = this;
    return { registered, waiting: control[WAITING] as number, batches: this.native.deliveries() };
  }

  close(): void {
    if (this.registered > 0) throw new Error(`${this.registered} descriptors are registered`);
    this.native.close();
  }

  hold(): void {
    const { control } = this;
    (control[WAITING] as number)++;
    getHub().outside++;
    if (control[HELD] === 0) this.native.hold();
  }

  unhold(): void {
    (this.control[WAITING] as number)--;
    getHub().outside--;
  }

  forget(fd: number): void {
    this.descriptors[fd] = undefined;
    this.registered--;
    this.native.forget(fd);
  }

  /** What the last batch tells of is woken. */
  private readonly wake = (): void => {
    const { events, descriptors } = this;
    for (let i = 0; i < 3 * this.count; i += 3) {
      const descriptor = descriptors[events[i] as number];
      if (descriptor === undefined || descriptor.generation !== events[i + 1]) continue;
      descriptor.report(events[i + 2] as number);
    }
  };
}
