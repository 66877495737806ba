import type * as net from "node:net";
import * as tls from "node:tls";
import { checkWait, stayFair, Waiter, WaitList } from "@greenlit/core/blocking-call";
import type { CallOptions } from "./deadline.js";
import { SocketClosedError } from "./errors.js";
import { Listener } from "./listener.js";
import { Socket } from "./socket.js";

/** Accepts over a server of Node's. With TLS, what has arrived has done its handshake. */
export class StreamListener extends Listener {
  private readonly server: net.Server;
  private readonly backlog: number;
  private readonly arrived: net.Socket[] = [];
  private readonly waiters = new WaitList<net.Socket>();
  /** Connections in the middle of their TLS handshake, by where they come from. */
  private readonly shaking = new Map<string, net.Socket>();
  private done = false;

  /** @param backlog how many may wait here to be accepted. */
  constructor(server: net.Server, backlog: number) {
    super();
    this.server = server;
    this.backlog = backlog;
    if (server instanceof tls.Server) this.followHandshakes(server);
    else server.on("connection", (stream) => this.arrive(stream));
    // EMFILE and the like: the connection stays in the kernel's queue, Node tries again.
    server.on("error", () => {});
    server.on("close", () => this.close());
  }

  get port(): number {
    const address = this.server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  get address(): string | null {
    const address = this.server.address();
    return address !== null && typeof address === "object" ? address.address : address;
  }

  get closed(): boolean {
    return this.done;
  }

  accept(options?: CallOptions): Socket {
    checkWait("net.accept", options);
    if (this.arrived.length > 0) stayFair("net.accept");
    if (this.done) throw new SocketClosedError("the listener is closed");
    const stream =
      this.arrived.shift() ?? this.waiters.add(new Waiter<net.Socket>("net.accept")).wait(options);
    return Socket.from(stream);
  }

  close(): void {
    if (this.done) return;
    this.done = true;
    this.server.close();
    for (const stream of this.arrived.splice(0)) stream.destroy();
    for (const stream of this.shaking.values()) stream.destroy();
    this.waiters.failAll(new SocketClosedError("the listener is closed"));
  }

  ref(): void {
    this.server.ref();
  }

  unref(): void {
    this.server.unref();
  }

  private followHandshakes(server: tls.Server): void {
    const place = ({ remoteAddress, remotePort }: net.Socket): string =>
      `${remoteAddress} ${remotePort}`;
    server.on("connection", (stream: net.Socket) => {
      const from = place(stream);
      this.shaking.set(from, stream);
      stream.on("close", () => this.shaking.delete(from));
    });
    server.on("secureConnection", (stream) => {
      this.shaking.delete(place(stream));
      stream.allowHalfOpen = true;
      this.arrive(stream);
    });
  }

  private arrive(stream: net.Socket): void {
    stream.on("error", () => {}); // a reset before anybody accepted: the reader will see it
    // A waiter that was woken returns what it was woken with, even if it is killed in the meantime.
    if (this.waiters.wakeOne(stream)) return;
    if (this.arrived.length < this.backlog && !this.done) this.arrived.push(stream);
    else stream.destroy();
  }
}
