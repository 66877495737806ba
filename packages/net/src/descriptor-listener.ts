import { unlinkSync } from "node:fs";
import { type Address, type Backend, type Descriptor, system } from "@greenlit/backend";
import { Waiter, WaitList } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { DescriptorTransport } from "./descriptor-transport.js";
import { SocketClosedError } from "./errors.js";
import { Listener } from "./listener.js";
import { Socket } from "./socket.js";

const WHAT = "net.accept";

/** How long it waits after a shortage, in milliseconds; each time twice as long. */
const FIRST_PAUSE = 10;
const LONGEST_PAUSE = 1000;

/** Errors after which others could be accepted; of the second kind, a little later. */
const GONE = new Set(["ECONNABORTED", "EPROTO"]);
const SHORTAGE = new Set([
  "EMFILE",
  "ENFILE",
  "ENOBUFS",
  "ENOMEM",
  "ERR_GREENLIT_DESCRIPTOR_LIMIT",
]);

export interface AcceptedOptions {
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
}

/** Accepts on a descriptor of the backend. What nobody accepts waits in the kernel. */
export class DescriptorListener extends Listener {
  private readonly backend: Backend;
  private readonly descriptor: Descriptor;
  private readonly place: Address;
  private readonly accepted: AcceptedOptions;
  /** Whether a greenlet is accepting; the others wait until it is their turn. */
  private busy = false;
  private readonly waiters = new WaitList();
  private pausing: Waiter | null = null;
  private pause = FIRST_PAUSE;
  private done = false;

  /** @param fd of a socket that listens. */
  constructor(backend: Backend, fd: number, accepted: AcceptedOptions) {
    super();
    this.backend = backend;
    this.descriptor = backend.register(fd);
    this.place = system().localAddress(fd) as Address;
    this.accepted = accepted;
  }

  get port(): number {
    return "port" in this.place && !this.done ? this.place.port : 0;
  }

  get address(): string | null {
    if (this.done) return null;
    return "path" in this.place ? this.place.path : this.place.address;
  }

  get closed(): boolean {
    return this.done;
  }

  accept(options?: CallOptions): Socket {
    const deadline = Deadline.of(WHAT, options);
    this.check();
    if (this.busy) {
      // It is woken with the turn being its own, so `busy` stays.
      deadline.wait(this.waiters.add(new Waiter(WHAT)));
    } else this.busy = true;
    try {
      for (;;) {
        this.check();
        const socket = this.acceptOne(deadline);
        if (socket !== null) return socket;
      }
    } finally {
      this.busy = this.waiters.wakeOne();
    }
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    const error = new SocketClosedError("the listener is closed");
    this.descriptor.close(error);
    this.waiters.failAll(error);
    this.pausing?.fail(error);
    if ("path" in this.place && !this.place.path.startsWith("\0")) unlink(this.place.path);
  }

  ref(): void {
    this.descriptor.ref();
  }

  unref(): void {
    this.descriptor.unref();
  }

  private check(): void {
    if (this.done) throw new SocketClosedError("the listener is closed");
  }

  /** @returns null when it is to be tried again. */
  private acceptOne(deadline: Deadline): Socket | null {
    let fd = -1;
    try {
      fd = deadline.within(WHAT, (options) => this.descriptor.accept(WHAT, options));
      const transport = new DescriptorTransport(this.backend.register(fd));
      this.pause = FIRST_PAUSE;
      if (this.accepted.noDelay === true) transport.setNoDelay(true);
      if (this.accepted.keepAlive === true) transport.setKeepAlive(true, 0);
      return new Socket(transport);
    } catch (error) {
      if (fd >= 0) system().close(fd);
      const { code = "" } = Object(error) as NodeJS.ErrnoException;
      if (SHORTAGE.has(code)) this.rest(deadline);
      else if (!GONE.has(code)) throw error;
      return null;
    }
  }

  /** Those who have connections go on, and may end some. */
  private rest(deadline: Deadline): void {
    const waiter = new Waiter(WHAT);
    this.pausing = waiter;
    try {
      deadline.pause(waiter, this.pause);
    } finally {
      this.pausing = null;
    }
    this.pause = Math.min(LONGEST_PAUSE, 2 * this.pause);
  }
}

/** As Node does it. */
function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody else has removed it.
  }
}
