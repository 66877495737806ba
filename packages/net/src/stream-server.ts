import { checkFunction } from "@greenlit/core/blocking-call";
import { BaseServer, type ServerOptions } from "./base-server.js";
import { listen, type ListenOptions } from "./listen.js";
import { Listener } from "./listener.js";
import type { Socket } from "./socket.js";

/**
 * Serves each connection in a greenlet of its own, and closes it when that ends.
 *
 * ```ts
 * const server = new StreamServer({ port: 7 }, (socket) => {
 *   for (const chunk of socket) socket.write(chunk);
 * });
 * ```
 *
 * When the system is short of descriptors or memory (EMFILE, ENFILE, ENOBUFS), it goes on with the
 * connections that it has, and tries to accept again after 10 milliseconds, then after twice as
 * long each time, up to a second.
 */
export class StreamServer extends BaseServer<Socket> {
  private readonly listener: Listener;
  private readonly handle: (socket: Socket) => unknown;

  /**
   * Listens, and begins to accept. May block for a moment, as `listen` does.
   *
   * @param where to listen, as `listen` takes it; or a listener, which is the server's from now on.
   * @param handle serves one connection. What it throws goes to `hub.onError`.
   * @throws what `listen` does.
   */
  constructor(
    where: Listener | ListenOptions,
    handle: (socket: Socket) => unknown,
    options?: ServerOptions,
  ) {
    checkFunction("handle", handle, "new StreamServer({ port }, (socket) => ...)");
    BaseServer.check("StreamServer", options);
    const listener = where instanceof Listener ? where : listen(where);
    super("StreamServer", listener, options);
    this.listener = listener;
    this.handle = handle;
  }

  /** The port, 0 for a Unix socket. */
  get port(): number {
    return this.listener.port;
  }

  /** The address or path listened on, null once stopped. */
  get address(): string | null {
    return this.listener.address;
  }

  protected override take(): Socket {
    return this.listener.accept();
  }

  protected override serve(socket: Socket): unknown {
    return this.handle(socket);
  }

  protected override finish(socket: Socket): void {
    socket.close();
  }
}
