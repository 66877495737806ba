import childProcess from "node:child_process";
import type { Socket } from "node:net";
import { constants } from "node:os";
import { Timer, Waiter } from "@greenlit/core";

/**
 * What Node's `spawnSync` hands to its native part: all arguments have been checked, and shell,
 * environment and signal are resolved.
 */
export interface Order {
  readonly stdio: readonly Stdio[];
  /** Milliseconds; 0 or absent: without limit. */
  readonly timeout?: number | null;
  /** Bytes of all output together; 0 or absent: without limit. */
  readonly maxBuffer?: number | null;
  readonly killSignal?: number | null;
}

/** One descriptor of the child. "overlapped" and "wrap" end the process in the native part. */
interface Stdio {
  readonly type: "pipe" | "ignore" | "inherit" | "fd" | "overlapped" | "wrap";
  readonly fd?: number;
  /** Whether the child reads from this pipe, which is then given `input`, and the end. */
  readonly readable?: boolean;
  readonly input?: NodeJS.ArrayBufferView | null;
}

/** What the native part returns; Node makes the result and the errors from it. */
export interface Outcome {
  /** A number of the system, negative. The key is not there when nothing went wrong. */
  readonly error?: number;
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: readonly (Buffer | null)[] | null;
  readonly pid: number;
}

/** Node's own: public, and documented only as what `spawn` returns. */
interface Child extends childProcess.ChildProcess {
  /**
   * Starts the process. The stdin is destroyed when the process has ended, if it is in `stdin`.
   * @returns a number of the system, negative, when it could not be started.
   * @throws an error with such a number as its `errno`.
   */
  spawn(order: object): number;
  stdin: Socket | null;
  readonly stdio: never; // Socket | null, as many as were asked for
}
const { ChildProcess } = childProcess as unknown as { ChildProcess: new () => Child };

/**
 * Whether an asynchronous child can have the same descriptors. It cannot where `stdio` had holes:
 * Node leaves them out, so that a pipe which was made for the output becomes the input.
 */
export function canRun({ stdio }: Order): boolean {
  return stdio.every(({ type, readable }, i) =>
    type === "pipe" ? readable === (i === 0) : type !== "overlapped" && type !== "wrap",
  );
}

/**
 * Runs a child to its end as Node's native `spawnSync` does (src/spawn_sync.cc), but only the
 * greenlet waits. If the greenlet is interrupted, nobody waits for the child any more: it gets its
 * `killSignal`.
 * @param what the call, for dumps and errors.
 */
export function runChild(what: string, order: Order): Outcome {
  return new ChildRun(what, order).wait();
}

class ChildRun {
  private readonly order: Order;
  private readonly waiter: Waiter;
  private readonly child: Child = new ChildProcess();
  private readonly output: (Buffer[] | null)[];
  /** The process, and each pipe. */
  private open = 1;
  private bytes = 0;
  private timer: Timer | null = null;
  private killed = false;
  /** What ended the run; it goes before an error of a pipe. */
  private error = 0;
  private pipeError = 0;

  constructor(what: string, order: Order) {
    this.waiter = new Waiter(what);
    this.order = order;
    this.output = order.stdio.map(({ type, readable }) =>
      type === "pipe" && readable !== true ? [] : null,
    );
  }

  wait(): Outcome {
    const { child, order, waiter } = this;
    child.on("error", (error: NodeJS.ErrnoException) => {
      this.error ||= error.errno ?? 0;
    });
    const errno = this.start();
    if (errno !== 0) return { error: errno, status: null, signal: null, output: null, pid: 0 };
    const { timeout } = order;
    if (typeof timeout === "number" && timeout > 0) {
      this.timer = new Timer(timeout, () => this.kill(-constants.errno.ETIMEDOUT));
    }
    child.on("exit", () => {
      this.timer?.stop();
      this.close();
    });
    for (const [i, socket] of this.sockets.entries()) {
      if (socket === null) continue;
      this.open++;
      socket.on("error", (error: NodeJS.ErrnoException) => {
        this.pipeError ||= error.errno ?? 0;
      });
      socket.on("close", () => this.close());
      const chunks = this.output[i];
      if (chunks) socket.on("data", (chunk: Buffer) => this.read(chunks, chunk));
      else end(socket, order.stdio[i]?.input);
    }
    // What is left of the input is for who else has that end of the pipe.
    child.stdin = null;
    try {
      waiter.wait();
    } finally {
      if (this.open > 0) this.abandon();
    }
    return this.outcome();
  }

  private get sockets(): readonly (Socket | null)[] {
    return this.child.stdio;
  }

  /** @returns the number of the error that kept it from starting, or 0. */
  private start(): number {
    const stdio = this.order.stdio.map(({ type, fd }) => (fd === undefined ? type : { fd }));
    try {
      // What a program has put on Object.prototype is no option of its.
      const options: object = { __proto__: null, ...this.order, stdio };
      return this.child.spawn(options);
    } catch (error) {
      const { syscall, errno } = error as NodeJS.ErrnoException;
      if (syscall !== "spawn" || errno === undefined) throw error;
      return errno;
    }
  }

  private read(chunks: Buffer[], chunk: Buffer): void {
    chunks.push(chunk);
    this.bytes += chunk.length;
    const { maxBuffer } = this.order;
    if (typeof maxBuffer === "number" && maxBuffer > 0 && this.bytes > maxBuffer) {
      this.kill(-constants.errno.ENOBUFS);
    }
  }

  /** Once; a process that has ended, but whose pipes somebody else keeps open, gets no signal. */
  private kill(error: number): void {
    this.error ||= error;
    if (this.killed) return;
    this.killed = true;
    this.timer?.stop();
    this.child.kill(this.order.killSignal ?? "SIGTERM");
    for (const socket of this.sockets) socket?.destroy();
  }

  private close(): void {
    if (--this.open === 0) this.waiter.wake();
  }

  /** The child goes on without anybody who would know of it, if it survives. */
  private abandon(): void {
    this.kill(0);
    this.child.unref();
  }

  private outcome(): Outcome {
    const { exitCode: status, signalCode: signal, pid = 0 } = this.child;
    const output = this.output.map((chunks) => chunks && join(chunks));
    const error = this.error || this.pipeError;
    // In the order of Node's keys.
    return { ...(error === 0 ? {} : { error }), status, signal, output, pid };
  }
}

/** Writing no bytes at all would find out whether the child still reads. */
function end(socket: Socket, input: NodeJS.ArrayBufferView | null | undefined): void {
  if (!input?.byteLength) socket.end();
  else socket.end(Buffer.from(input.buffer as ArrayBuffer, input.byteOffset, input.byteLength));
}

/** In memory of its own, as Node's: a program may use `output.buffer`. */
function join(chunks: readonly Buffer[]): Buffer {
  const whole = Buffer.allocUnsafeSlow(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) at += chunk.copy(whole, at);
  return whole;
}
