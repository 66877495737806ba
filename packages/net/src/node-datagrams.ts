import * as dgram from "node:dgram";
import { stayFair, Waiter } from "@greenlit/core/blocking-call";
import { blockingCall } from "./blocking-call.js";
import type { InternetAddress } from "./connect-descriptor.js";
import type {
  Datagram,
  DatagramCarrier,
  DatagramOptions,
  DatagramSetting,
} from "./datagram-carrier.js";
import { Deadline } from "./deadline.js";
import { thrownHere } from "./errors.js";

/** How many bytes wait here to be received; more are dropped, as the kernel does it. */
const MOST_BYTES = 1 << 20;

/** Carries datagrams over `node:dgram`. */
export class NodeDatagrams implements DatagramCarrier {
  private readonly socket: dgram.Socket;
  private readonly arrived: Datagram[] = [];
  private size = 0;
  private waiter: Waiter | null = null;
  private failure: unknown = null;
  private done = false;

  constructor(options: DatagramOptions) {
    const { family = 4, reuseAddress = false, reusePort = false, ipv6Only = false } = options;
    const type = family === 4 ? "udp4" : "udp6";
    const all = { type, reuseAddr: reuseAddress, reusePort, ipv6Only } as const;
    this.socket = dgram.createSocket(all as dgram.SocketOptions);
    this.socket.on("message", (data, { address, port }) => {
      if (this.size > MOST_BYTES) return;
      this.size += data.length;
      this.arrived.push({ data, family, address, port });
      this.waiter?.wake();
    });
    this.socket.on("error", (error) => {
      this.failure = error;
      this.waiter?.wake();
    });
  }

  bind(address: InternetAddress, what: string): void {
    const { socket } = this;
    try {
      this.callBack(what, Deadline.none, (done) => {
        socket.once("error", done);
        socket.bind({ address: address.address, port: address.port }, () => {
          socket.off("error", done);
          done(null);
        });
      });
    } finally {
      if (!this.done) this.failure = null; // it has been thrown
    }
  }

  connect({ address, port }: InternetAddress, what: string, deadline: Deadline): void {
    this.callBack(what, deadline, (done) => {
      // Node calls it with an error, or with nothing, though its types do not say so.
      const connected: (error?: Error) => void = (error) => done(error ?? null);
      this.socket.connect(port, address, connected);
    });
  }

  send(data: Uint8Array, to: InternetAddress | null, what: string, deadline: Deadline): void {
    this.callBack(what, deadline, (done) => {
      if (to === null) this.socket.send(data, done);
      else this.socket.send(data, to.port, to.address, done);
    });
  }

  receive(what: string, deadline: Deadline): Datagram {
    if (this.arrived.length > 0) stayFair(what);
    for (;;) {
      const first = this.arrived.shift();
      if (first !== undefined) {
        this.size -= first.data.length;
        return first;
      }
      this.throwFailure();
      const waiter = new Waiter(what);
      this.waiter = waiter;
      try {
        deadline.wait(waiter);
      } finally {
        this.waiter = null;
      }
    }
  }

  set(setting: DatagramSetting, value: number): void {
    const { socket } = this;
    if (setting === "broadcast") socket.setBroadcast(value !== 0);
    else if (setting === "ttl") socket.setTTL(value);
    else if (setting === "multicastTtl") socket.setMulticastTTL(value);
    else if (setting === "multicastLoopback") socket.setMulticastLoopback(value !== 0);
    else if (setting === "receiveBufferSize") socket.setRecvBufferSize(value);
    else socket.setSendBufferSize(value);
  }

  member(group: string, local: string, joins: boolean): void {
    const on = local === "" ? undefined : local;
    if (joins) this.socket.addMembership(group, on);
    else this.socket.dropMembership(group, on);
  }

  get local(): InternetAddress | null {
    try {
      const { address, family, port } = this.socket.address();
      return { address, family: family === "IPv6" ? 6 : 4, port };
    } catch {
      return null; // it is not bound
    }
  }

  get closed(): boolean {
    return this.done;
  }

  close(error: unknown): void {
    if (this.done) return;
    this.done = true;
    this.failure = error;
    this.socket.close();
    this.waiter?.wake();
  }

  ref(): void {
    this.socket.ref();
  }

  unref(): void {
    this.socket.unref();
  }

  private callBack(
    what: string,
    deadline: Deadline,
    start: (done: (error: Error | null) => void) => void,
  ): void {
    blockingCall<void>(what, start, deadline);
    if (this.done) this.throwFailure();
  }

  /** An error is told once, unless the socket is closed. */
  private throwFailure(): void {
    const { failure } = this;
    if (failure === null) return;
    if (!this.done) this.failure = null;
    throw thrownHere(failure);
  }
}
