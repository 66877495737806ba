import { wakeTogether } from "@greenlit/core/blocking-call";
import { type Binding, type NativeRing, scopes } from "./binding.js";
import { systemError } from "./errors.js";
import { type Operation, OperationTable } from "./operation.js";
import { system } from "./system.js";

/** Completions in one batch. */
const BATCH = 1024;
/** Numbers of each, as native/ring_loop.cc has it: id, result, flags, offset. */
const FIELDS = 4;
/** Bytes into which the kernel puts what is received: Ring::kGroupBytes of native/ring.h. */
const GROUP_BYTES = 1024 * 1024;

/** What is shared with native/ring_loop.h, by place. */
const WAITING = 0;
const HELD = 1;

/** The io_uring of a thread: what is handed to the kernel, and who hears of its end. */
export class RingQueue {
  readonly calls: Binding = system();
  readonly native: NativeRing;
  readonly operations: OperationTable = new OperationTable();
  /** What is received on streams comes here, to be taken out before the batch is over. */
  readonly streams: Buffer = Buffer.allocUnsafeSlow(GROUP_BYTES);

  private readonly completions = new Int32Array(FIELDS * BATCH);
  private readonly control = new Int32Array(2);
  private count = 0;
  private datagramBuffers: Buffer | null = null;

  /**
   * @param without what it is to do without: see WITHOUT of ring.ts.
   * @throws Error with the reason when the kernel has none that can be used.
   */
  constructor(without: number) {
    const { calls, completions, control, streams } = this;
    const deliver = (count: number): void => {
      this.count = count;
      wakeTogether(this.wake);
    };
    const native = calls.openRing(without, completions, control, streams, scopes(), deliver);
    if (typeof native === "string") throw new Error(native);
    this.native = native;
  }

  /** How many wait who keep the loop alive. */
  get waiting(): number {
    return this.control[WAITING] as number;
  }

  /** Somebody waits who keeps the loop alive. */
  hold(): void {
    const { control } = this;
    (control[WAITING] as number)++;
    if (control[HELD] === 0) this.native.hold();
  }

  unhold(): void {
    (this.control[WAITING] as number)--;
  }

  /**
   * Ends an operation. When this returns, the kernel has nothing of it any more, and what it had
   * done is told. Only for operations that wait for a descriptor.
   */
  settle(operation: Operation): void {
    if (!operation.active) return;
    this.native.settle(operation.id);
    let count: number;
    do this.take((count = this.native.reap()));
    while (count === BATCH || (operation.active && count > 0));
  }

  /** Submits what is queued, and hears what is done at once. */
  flush(): void {
    this.native.submit();
    let count: number;
    do this.take((count = this.native.reap()));
    while (count === BATCH);
  }

  /** Where datagrams come. */
  datagrams(): Buffer {
    if (this.datagramBuffers !== null) return this.datagramBuffers;
    const memory = Buffer.allocUnsafeSlow(GROUP_BYTES);
    const result = this.native.addDatagramBuffers(memory);
    if (result < 0) throw systemError("io_uring_register", result);
    return (this.datagramBuffers = memory);
  }

  private take(count: number): void {
    const { completions, operations } = this;
    for (let at = 0; at < FIELDS * count; at += FIELDS) {
      operations.complete(
        completions[at] as number,
        completions[at + 1] as number,
        completions[at + 2] as number,
        completions[at + 3] as number,
      );
    }
  }

  /** Whoever waits for what is in the last batch is woken. */
  private readonly wake = (): void => this.take(this.count);
}
