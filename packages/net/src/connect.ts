import * as net from "node:net";
import { blocker, wrongType } from "@greenlit/core/blocking-call";
import { blockingCall } from "./blocking-call.js";
import { connectDescriptor, suitsDescriptor } from "./connect-descriptor.js";
import { type CallOptions, Deadline } from "./deadline.js";
import { Socket } from "./socket.js";
import { socketBackend } from "./socket-backend.js";
import { shakeHands, type TlsClientOptions } from "./tls.js";

/** Where to connect to: everything `net.connect` of Node takes, and how long it may last. */
export interface StreamConnectOptions
  extends
    CallOptions,
    Omit<Partial<net.TcpNetConnectOpts & net.IpcNetConnectOpts>, "timeout" | "signal"> {}

export interface ConnectOptions extends StreamConnectOptions {
  /**
   * Speaks TLS, with what `tls.connect` of Node takes: `ca`, `cert`, `key`, `servername`,
   * `ALPNProtocols`, `session` ... The name that the certificate must have is that of `host`,
   * unless `servername` is another.
   */
  readonly tls?: true | TlsClientOptions | undefined;
}

/**
 * Connects to `{ port, host }` or to the Unix socket `{ path }`. The addresses of a name, which are
 * found as by `addresses`, are tried as RFC 8305 (happy eyeballs) says. With a `lookup` of your
 * own, such as `dns.lookup`, all this is left to Node.
 *
 * @throws Node's own error (ECONNREFUSED, ENOTFOUND ...; of a TLS handshake CERT_HAS_EXPIRED,
 *   ERR_SSL_... and the like), Timeout after `timeout` milliseconds; TypeError when `options` are
 *   none.
 */
export function connect(options: ConnectOptions): Socket {
  checkPlace("connect", options);
  const { timeout, signal, ...rest } = options;
  return connectAs(WHAT, rest, deadlineOf(timeout, signal));
}

/** `connect` for a call of another name. */
export function connectAs(
  what: string,
  options: Omit<ConnectOptions, "timeout" | "signal">,
  deadline: Deadline,
): Socket {
  const { tls, ...rest } = options;
  blocker(what);
  const backend = socketBackend();
  const socket =
    backend !== null && suitsDescriptor(rest)
      ? new Socket(connectDescriptor(backend, rest, what, deadline))
      : Socket.from(begin({ allowHalfOpen: true, ...rest }, what, deadline));
  if (tls === undefined) return socket;
  return shakeHands(socket, tls === true ? {} : tls, rest.host, what, deadline);
}

/** As {@link connect}, but returns Node's socket. */
export function connectStream(options: StreamConnectOptions): net.Socket {
  checkPlace("connect", options);
  const { timeout, signal, ...rest } = options;
  return begin(rest, WHAT, deadlineOf(timeout, signal));
}

const WHAT = "net.connect";

function deadlineOf(timeout: CallOptions["timeout"], signal: CallOptions["signal"]): Deadline {
  const without = timeout === undefined && signal === undefined;
  return Deadline.of(WHAT, without ? undefined : { timeout, signal });
}

function begin(options: StreamConnectOptions, what: string, deadline: Deadline): net.Socket {
  const silent = (): void => {};
  let stream: net.Socket | undefined;
  try {
    const connected = blockingCall<net.Socket>(
      what,
      (done) => {
        const begun = new net.Socket(options as net.SocketConstructorOpts);
        stream = begun; // also when what follows throws at once
        begun.connect(options as net.NetConnectOpts);
        begun.once("connect", () => done(null, begun)).once("error", done);
      },
      deadline,
    );
    return connected.removeAllListeners("connect").removeAllListeners("error");
  } catch (error) {
    stream?.on("error", silent); // what a socket nobody has any more may still say
    stream?.destroy();
    throw error;
  }
}

/** @throws TypeError for a bare port, path or URL, as Node takes them. */
export function checkPlace(call: "connect" | "listen" | "serve", options: unknown): void {
  if (typeof options === "object" && options !== null && !(options instanceof URL)) return;
  const isPort = /^\d+$/.test(String(options));
  const place = isPort
    ? `port: ${String(options)}`
    : typeof options === "string"
      ? "path"
      : "port, host";
  throw wrongType(
    "options",
    "an object of port and host, or path",
    options,
    `: write ${call}({ ${place} })`,
  );
}
