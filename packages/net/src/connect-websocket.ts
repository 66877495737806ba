import { checkOptions, WAIT, wrongType } from "@greenlit/core/blocking-call";
import { blockingCall } from "./blocking-call.js";
import { connectAs } from "./connect.js";
import { type CallOptions, Deadline } from "./deadline.js";
import type { TlsClientOptions } from "./tls.js";
import { WebSocket } from "./websocket.js";
import { loadWs } from "./ws.js";

/** What both sides of a WebSocket can be told. */
export interface MessageOptions {
  /** The longest message that is accepted, in bytes. Default: 16 MiB. */
  readonly maxMessage?: number | undefined;
  /** Whether messages may be compressed (RFC 7692). Costs much memory. Default: false. */
  readonly compress?: boolean | undefined;
}

export interface WebSocketOptions extends CallOptions, MessageOptions {
  /** Of which the server may choose one. */
  readonly protocols?: readonly string[] | undefined;
  /** Of the request, besides those of the handshake. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For `wss:`, what `tls.connect` takes. */
  readonly tls?: TlsClientOptions | undefined;
}

const OPTIONS = [...WAIT, "protocols", "headers", "tls", "maxMessage", "compress"];
const WHAT = "connectWebSocket";

/** Default of `maxMessage`. */
export const DEFAULT_MESSAGE_LIMIT: number = 16 << 20;

/**
 * Opens a WebSocket.
 *
 * @param url ws or wss.
 * @throws what `connect` does; Node's TypeError for no URL; an error `Unexpected server response:
 *   404` when the server does not want to, others when it does not know how to; Timeout after
 *   `timeout` milliseconds for all of it.
 */
export function connectWebSocket(url: string | URL, options?: WebSocketOptions): WebSocket {
  const deadline = Deadline.of(WHAT, options && timesOf(options));
  checkOptions(WHAT, options, OPTIONS);
  const { protocols = [], headers = {}, tls = {} } = options ?? {};
  const { protocol, hostname, port } = new URL(url);
  if (protocol !== "ws:" && protocol !== "wss:")
    throw wrongType("url", "one of ws: or wss:", String(url));
  const isSecure = protocol === "wss:";
  const place = {
    host: hostname.replace(/^\[(.*)\]$/, "$1"),
    port: Number(port) || (isSecure ? 443 : 80),
    noDelay: true,
    ...(isSecure ? { tls } : {}),
  };
  const stream = connectAs(WHAT, place, deadline).detach();
  const made = new (loadWs().WebSocket)(url, [...protocols], {
    ...wsOptions(options ?? {}),
    headers,
    createConnection: () => stream,
  });
  const opened = new WebSocket(made, null);
  try {
    blockingCall<void>(
      WHAT,
      (done) => {
        made.once("open", () => done(null)).once("error", done);
      },
      deadline,
    );
    return opened;
  } catch (error) {
    made.terminate();
    stream.destroy();
    throw error;
  }
}

function timesOf({ timeout, signal }: CallOptions): CallOptions {
  return { timeout, signal };
}

/** As `ws` calls them. */
export function wsOptions(options: MessageOptions): {
  maxPayload: number;
  perMessageDeflate: boolean;
} {
  const { maxMessage = DEFAULT_MESSAGE_LIMIT, compress = false } = options;
  return { maxPayload: maxMessage, perMessageDeflate: compress };
}
