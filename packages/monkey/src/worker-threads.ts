import nodeWorkers, { type MessagePort, Worker } from "node:worker_threads";
import type { WaitOptions } from "@greenlit/core";
import { checkWait, stayFair, WaitList, Waiter } from "@greenlit/core/blocking-call";
import type { Ledger } from "@greenlit/core/ledger";

/** A message, as `receiveMessageOnPort` gives it; undefined when there will be none. */
type Received = { readonly message: unknown } | undefined;

declare module "worker_threads" {
  /**
   * Waits for the next message of a port or a worker, and returns it as `{ message }`; undefined
   * when the port is closed, or the worker has ended. Throws the error of a worker. Blocks only the
   * greenlet. From the first call on, all messages are kept for these calls.
   */
  function receiveMessageOnPortSync(
    port: MessagePort | Worker,
    options?: WaitOptions,
  ): { message: unknown } | undefined;
}

const WHAT = "worker_threads.receiveMessageOnPortSync";

/** `worker_threads.receiveMessageOnPortSync`. */
export function patchWorkerThreads(ledger: Ledger): void {
  ledger.put(
    "patch",
    "worker_threads",
    "receiveMessageOnPortSync",
    nodeWorkers,
    function receiveMessageOnPortSync(port: MessagePort | Worker, options?: WaitOptions): Received {
      checkWait(WHAT, options);
      let inbox = inboxes.get(port);
      if (inbox?.isReady === true) {
        stayFair(WHAT);
        return inbox.take();
      }
      const waiter = new Waiter<Received>(WHAT);
      if (inbox === undefined) inboxes.set(port, (inbox = new Inbox(port)));
      return inbox.wait(waiter, options);
    },
  );
}

const inboxes = new WeakMap<MessagePort | Worker, Inbox>();

/**
 * What has come and was not taken. Node has no way to stop a port again, so it keeps listening.
 */
class Inbox {
  private readonly port: MessagePort | Worker;
  private readonly messages: { readonly message: unknown }[] = [];
  private readonly waiters = new WaitList<Received>();
  private failure: { readonly error: unknown } | null = null;
  private closed = false;

  constructor(port: MessagePort | Worker) {
    this.port = port;
    const emitter = port as Worker;
    emitter.on("message", (message: unknown) => {
      if (!this.waiters.wakeOne({ message })) this.messages.push({ message });
      this.rest();
    });
    const fail = (error: unknown): void => {
      if (this.waiters.length > 0) this.waiters.failAll(error);
      else this.failure = { error };
    };
    emitter.on("messageerror", fail);
    if (port instanceof Worker) emitter.on("error", fail);
    emitter.on(port instanceof Worker ? "exit" : ("close" as "exit"), () => {
      this.closed = true;
      this.waiters.wakeAll(undefined);
    });
  }

  get isReady(): boolean {
    return this.messages.length > 0 || this.failure !== null || this.closed;
  }

  take(): Received {
    const first = this.messages.shift();
    if (first !== undefined || this.failure === null) return first;
    const { error } = this.failure;
    this.failure = null;
    throw error;
  }

  wait(waiter: Waiter<Received>, options: WaitOptions | undefined): Received {
    this.port.ref();
    try {
      return this.waiters.add(waiter).wait(options);
    } finally {
      this.rest();
    }
  }

  /** A port that nobody waits for does not keep the process alive; a worker does that by itself. */
  private rest(): void {
    if (this.waiters.length === 0 && !(this.port instanceof Worker)) this.port.unref();
  }
}
