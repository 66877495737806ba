import * as net from "node:net";
import { Waiter, WaitList } from "@greenlit/core";
import { blockingCall } from "./blocking-call.js";
import type { CallOptions } from "./deadline.js";
import { SocketClosedError } from "./errors.js";
import { Socket } from "./socket.js";

/** Where to listen: `port` 0 lets the system choose one. */
export interface ListenOptions {
  readonly port?: number;
  readonly host?: string;
  /** A Unix socket instead of a port. */
  readonly path?: string;
  /** How many connections may wait to be accepted, in the kernel and here each. More are refused. Default: 511. */
  readonly backlog?: number;
  readonly exclusive?: boolean;
  readonly ipv6Only?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
}

/** A listening TCP or Unix socket. Iterating accepts until it is closed. */
export class Listener implements Iterable<Socket> {
  readonly #server: net.Server;
  readonly #backlog: number;
  readonly #arrived: net.Socket[] = [];
  readonly #waiters = new WaitList<net.Socket>();
  #closed = false;

  /** @internal Use {@link listen}. */
  constructor(server: net.Server, backlog: number) {
    this.#server = server;
    this.#backlog = backlog;
    server.on("connection", (stream) => this.#arrive(stream));
    // EMFILE and the like: the connection stays in the kernel's queue, Node tries again.
    server.on("error", () => {});
    server.on("close", () => this.close());
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.port : 0;
  }

  /** The address or path listened on, null once closed. */
  get address(): string | null {
    const address = this.#server.address();
    return address !== null && typeof address === "object" ? address.address : address;
  }

  /**
   * The next connection. Several greenlets may accept; they are served in the order they came.
   *
   * @throws SocketClosedError when the listener is closed, also while waiting.
   */
  accept(options?: CallOptions): Socket {
    if (this.#closed) throw new SocketClosedError("The listener is closed");
    const stream =
      this.#arrived.shift() ??
      this.#waiters.add(new Waiter<net.Socket>("net.accept")).wait(options);
    return Socket.from(stream);
  }

  *[Symbol.iterator](): Generator<Socket, void, undefined> {
    while (!this.#closed) {
      let socket: Socket;
      try {
        socket = this.accept();
      } catch (error) {
        if (error instanceof SocketClosedError) return;
        throw error;
      }
      yield socket;
    }
  }

  /** Stops listening; greenlets that wait get a SocketClosedError, connections nobody accepted are closed. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#server.close();
    for (const stream of this.#arrived.splice(0)) stream.destroy();
    this.#waiters.failAll(new SocketClosedError("The listener is closed"));
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arrive(stream: net.Socket): void {
    stream.on("error", () => {}); // a reset before anybody accepted: the reader will see it
    // A waiter that was woken returns what it was woken with, even if it is killed in the meantime.
    if (this.#waiters.wakeOne(stream)) return;
    if (this.#arrived.length < this.#backlog) this.#arrived.push(stream);
    else stream.destroy();
  }
}

/**
 * Listens on `{ port, host }` or `{ path }`.
 *
 * @throws Node's own error: EADDRINUSE, EACCES ...
 */
export function listen(options: ListenOptions): Listener {
  const { noDelay, keepAlive, backlog = 511, ...where } = options;
  const server = net.createServer({
    allowHalfOpen: true,
    ...(noDelay === undefined ? {} : { noDelay }),
    ...(keepAlive === undefined ? {} : { keepAlive }),
  });
  try {
    blockingCall<void>("net.listen", (done) => {
      server.once("error", done);
      server.listen({ ...where, backlog }, () => {
        server.off("error", done);
        done(null);
      });
    });
  } catch (error) {
    server.close();
    throw error;
  }
  return new Listener(server, backlog);
}
