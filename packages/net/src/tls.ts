import * as net from "node:net";
import * as tls from "node:tls";
import { wrongType } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { blockingCall } from "./blocking-call.js";
import { Socket } from "./socket.js";

/** What a TLS client takes: everything `tls.connect` of Node does, but for where to connect to. */
export type TlsClientOptions = Omit<
  tls.ConnectionOptions,
  "host" | "port" | "path" | "socket" | "timeout" | "lookup" | "allowHalfOpen"
>;

/** For the side that accepted the connection: everything `tls.createServer` of Node takes. */
export type TlsUpgradeOptions = tls.TlsOptions & {
  readonly isServer: true;
};

const WHAT = "net.startTls";

/**
 * Speaks TLS on a connected socket from now on, as STARTTLS and proxies need it; for a whole
 * connection, give `tls` to `connect` or `listen`. The socket given is used up, what had arrived on
 * it and was not read belongs to TLS already, and the one returned takes its place.
 *
 * @param socket any, one that speaks TLS already too.
 * @param options of Node's `tls.connect`; with `isServer: true` of `tls.createServer`; and
 *   `timeout` and `signal`. A client that is to check the peer's name gives `servername`.
 * @throws Node's error: of a certificate (CERT_HAS_EXPIRED, ERR_TLS_CERT_ALTNAME_INVALID ...), of
 *   the protocol (ERR_SSL_...), ECONNRESET. The connection is closed then, and when the call is
 *   interrupted.
 */
export function startTls(
  socket: Socket,
  options: CallOptions & (TlsClientOptions | TlsUpgradeOptions) = {},
): Socket {
  if (typeof options !== "object" || options === null)
    throw wrongType("options", "an object of servername, ca, timeout ...", options);
  const { timeout, signal, ...rest } = options;
  return shakeHands(socket, rest, undefined, WHAT, Deadline.of(WHAT, { timeout, signal }));
}

/** As startTls. @param host the name or address that was connected to. */
export function shakeHands(
  socket: Socket,
  options: TlsClientOptions | TlsUpgradeOptions,
  host: string | undefined,
  what: string,
  deadline: Deadline,
): Socket {
  let stream: net.Socket | undefined;
  try {
    return Socket.from(
      blockingCall<net.Socket>(
        what,
        (done) => {
          stream = socket.detach();
          // Node would wait for ever.
          if (stream.readableEnded) done(hasLeft());
          else if ("isServer" in options) acceptTls(stream, options, done);
          else stream = connectTls(stream, options, host, done);
        },
        deadline,
      ),
    );
  } catch (error) {
    stream?.on("error", () => {}); // what a socket nobody has any more may still say
    stream?.destroy();
    socket.close();
    throw error;
  }
}

/** In the words that Node has for it. */
function hasLeft(): Error {
  const message = "the peer ended the connection before secure TLS connection was established";
  return Object.assign(new Error(message), { code: "ECONNRESET" });
}

type Done = (error: Error | null, stream?: net.Socket) => void;

function connectTls(
  socket: net.Socket,
  options: TlsClientOptions,
  host: string | undefined,
  done: Done,
): tls.TLSSocket {
  // Node takes the name to check from `host`, the name to ask for from `servername`.
  const name = host !== undefined && net.isIP(host) === 0 ? { servername: host } : {};
  const where = host === undefined ? {} : { host };
  const stream = tls.connect({ ...where, ...name, ...options, socket });
  return stream.once("secureConnect", () => done(null, stream)).once("error", done);
}

function acceptTls(socket: net.Socket, options: TlsUpgradeOptions, done: Done): void {
  const { isServer: _, ...rest } = options;
  // A server of its own, which never listens: Node does all of the server's side only in one.
  const server = tls.createServer(rest);
  server.on("secureConnection", (stream) => {
    stream.allowHalfOpen = true;
    done(null, stream.once("error", done));
  });
  server.on("tlsClientError", (error) => done(error));
  socket.allowHalfOpen = false; // or a handshake whose client leaves would never end
  server.emit("connection", socket);
}
