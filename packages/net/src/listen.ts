import cluster from "node:cluster";
import * as net from "node:net";
import * as tls from "node:tls";
import { system } from "@greenlit/backend";
import { blocker, checkOptions } from "@greenlit/core/blocking-call";
import { blockingCall } from "./blocking-call.js";
import { checkPlace } from "./connect.js";
import { DescriptorListener } from "./descriptor-listener.js";
import type { Listener } from "./listener.js";
import { openListening, suitsListening } from "./open-listening.js";
import { socketBackend } from "./socket-backend.js";
import { StreamListener } from "./stream-listener.js";

const WHAT = "net.listen";

/** What a TLS server takes: everything `tls.createServer` of Node does. */
export interface TlsServerOptions extends tls.TlsOptions {
  /**
   * Told of a client whose handshake failed, and whose connection is closed therefore. Must not
   * block.
   */
  readonly onClientError?: (error: Error, remoteAddress: string | undefined) => void;
}

/** Where to listen: `port` 0 lets the system choose one. */
export interface ListenOptions {
  readonly port?: number;
  readonly host?: string;
  /** A Unix socket instead of a port. */
  readonly path?: string;
  /**
   * How many connections may wait to be accepted, in the kernel and here each. More are refused.
   * Default: 511.
   */
  readonly backlog?: number;
  /** In a worker of `node:cluster`: does not share the port with the others. */
  readonly exclusive?: boolean;
  /** Does not take IPv4 connections on an IPv6 address. */
  readonly ipv6Only?: boolean;
  /**
   * Lets several processes and threads listen on one port; the kernel spreads connections over them
   * (SO_REUSEPORT).
   */
  readonly reusePort?: boolean;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  /** Accepts TLS connections, with what `tls.createServer` takes: `key`, `cert` ... */
  readonly tls?: TlsServerOptions;
}

/** Their names. */
export const LISTEN_OPTIONS: readonly (keyof ListenOptions)[] = [
  "port",
  "host",
  "path",
  "backlog",
  "exclusive",
  "ipv6Only",
  "reusePort",
  "noDelay",
  "keepAlive",
  "tls",
];

/**
 * Listens on `{ port, host }` or `{ path }`.
 *
 * @throws Node's own error: EADDRINUSE, EACCES ...; TypeError when `options` are none.
 */
export function listen(options: ListenOptions): Listener {
  checkPlace("listen", options);
  checkOptions("net.listen", options, LISTEN_OPTIONS);
  blocker(WHAT);
  const { backlog = 511 } = options;
  const backend = sharesPorts(options) ? null : socketBackend();
  if (backend !== null && options.tls === undefined && suitsListening(options)) {
    const fd = openListening(options, backlog, WHAT);
    try {
      return new DescriptorListener(backend, fd, options);
    } catch (error) {
      system().close(fd);
      throw error;
    }
  }
  const server = createServer(options);
  // Node cannot set this in all its versions.
  if (options.reusePort === true) listenOn(server, openListening(options, backlog, WHAT));
  else {
    const { tls: _tls, noDelay: _noDelay, keepAlive: _keepAlive, ...where } = options;
    listenWith(server, where, backlog, WHAT);
  }
  return new StreamListener(server, backlog);
}

/** In a worker of a cluster, the port is that of all workers: Node sees to that. */
function sharesPorts({ exclusive }: ListenOptions): boolean {
  return cluster.isWorker && exclusive !== true;
}

function createServer({ tls: secure, noDelay, keepAlive }: ListenOptions): net.Server {
  const options = {
    allowHalfOpen: true,
    ...(noDelay === undefined ? {} : { noDelay }),
    ...(keepAlive === undefined ? {} : { keepAlive }),
  };
  if (secure === undefined) return net.createServer(options);
  const { onClientError, ...rest } = secure;
  // A handshake whose client has left would never end if it were half open.
  const server = tls.createServer({ ...options, ...rest, allowHalfOpen: false });
  server.on("tlsClientError", (error, stream) => onClientError?.(error, stream.remoteAddress));
  return server;
}

function listenOn(server: net.Server, fd: number): void {
  try {
    begin(server, { fd }, WHAT);
  } catch (error) {
    system().close(fd);
    throw error;
  }
}

/** Has a server of Node's listen. @throws as `listen`; then it does not, and will not. */
export function listenWith(
  server: net.Server,
  where: net.ListenOptions,
  backlog: number,
  what: string,
): void {
  begin(server, { ...where, backlog }, what);
}

function begin(server: net.Server, where: net.ListenOptions & { fd?: number }, what: string): void {
  try {
    blockingCall<void>(what, (done) => {
      server.once("error", done);
      server.listen(where, () => {
        server.off("error", done);
        done(null);
      });
    });
  } catch (error) {
    // Interrupted while it looks a name up, Node would listen nevertheless.
    server.on("error", () => {}).on("listening", () => server.close());
    if (server.listening) server.close();
    throw error;
  }
}
