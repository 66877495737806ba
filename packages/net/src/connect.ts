import * as net from "node:net";
import { blockingCall } from "./blocking-call.js";
import type { CallOptions } from "./deadline.js";
import { Socket } from "./socket.js";

/** Where to connect to: everything `net.connect` of Node takes, and how long it may last. */
export type ConnectOptions = CallOptions &
  Omit<Partial<net.TcpNetConnectOpts & net.IpcNetConnectOpts>, "timeout" | "signal">;

// The original: a patched net.connect must not lead back here.
const nodeConnect = net.connect;

/**
 * Connects to `{ port, host }` or to the Unix socket `{ path }`. A name with several addresses is tried as RFC 8305 (happy
 * eyeballs) says, by Node.
 *
 * @throws Node's own error (ECONNREFUSED, ENOTFOUND ...), Timeout after `timeout` milliseconds.
 */
export function connect(options: ConnectOptions): Socket {
  return Socket.from(connectStream({ allowHalfOpen: true, ...options }));
}

/** As {@link connect}, but returns Node's socket. */
export function connectStream(options: ConnectOptions): net.Socket {
  const { timeout, signal, ...rest } = options;
  const stream = nodeConnect(rest as net.NetConnectOpts);
  const silent = (): void => {};
  try {
    blockingCall<void>(
      "net.connect",
      (done) => stream.once("connect", () => done(null)).once("error", done),
      { timeout, signal },
    );
    stream.removeAllListeners("connect").removeAllListeners("error");
    return stream;
  } catch (error) {
    stream.on("error", silent); // what a socket nobody has any more may still say
    stream.destroy();
    throw error;
  }
}
