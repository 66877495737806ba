import { checkFunction, wrongType } from "@greenlit/core/blocking-call";
import { BaseServer, type ServerOptions } from "./base-server.js";
import type { Datagram, DatagramOptions } from "./datagram-carrier.js";
import { type DatagramPlace, DatagramSocket } from "./datagram-socket.js";

/** Serves each datagram in a greenlet of its own, which may answer with `socket.send`. */
export class DatagramServer extends BaseServer<Datagram> {
  /** What it receives with. */
  readonly socket: DatagramSocket;
  private readonly handle: (datagram: Datagram, socket: DatagramSocket) => unknown;

  /**
   * Binds, and begins to receive.
   *
   * @param where to receive, and options of a DatagramSocket; or one that is bound, which is the
   *   server's from now on.
   * @param handle serves one datagram. What it throws goes to `hub.onError`.
   * @throws what `DatagramSocket.bind` does.
   */
  constructor(
    where: DatagramSocket | (DatagramPlace & DatagramOptions),
    handle: (datagram: Datagram, socket: DatagramSocket) => unknown,
    options?: ServerOptions,
  ) {
    checkFunction("handle", handle, "new DatagramServer({ port }, (datagram, socket) => ...)");
    BaseServer.check("DatagramServer", options);
    const socket = where instanceof DatagramSocket ? where : bound(where);
    super("DatagramServer", socket, options);
    this.socket = socket;
    this.handle = handle;
  }

  get port(): number {
    return this.socket.port;
  }

  get address(): string | null {
    return this.socket.address;
  }

  protected override take(): Datagram {
    return this.socket.receive();
  }

  protected override serve(datagram: Datagram): unknown {
    return this.handle(datagram, this.socket);
  }

  protected override finish(): void {}
}

function bound(where: DatagramPlace & DatagramOptions): DatagramSocket {
  if (typeof where !== "object" || where === null)
    throw wrongType("where", "an object of port, host, or a DatagramSocket", where);
  const { port, host, ...options } = where;
  const socket = new DatagramSocket(options);
  try {
    socket.bind({ port, host });
  } catch (error) {
    socket.close();
    throw error;
  }
  return socket;
}
