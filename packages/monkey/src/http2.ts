import type {
  ClientHttp2Session,
  ClientHttp2Stream,
  ClientSessionOptions,
  IncomingHttpHeaders,
  OutgoingHttpHeaders,
  SecureClientSessionOptions,
} from "node:http2";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { WaitOptions } from "@greenlit/core";
import { checkWait, WAIT, Waiter } from "@greenlit/core/blocking-call";
import type { Ledger } from "@greenlit/core/ledger";
import type { BlockingMessage } from "@greenlit/net";
import { split } from "./awaiting.js";
import { connecting } from "./connecting.js";
import { net } from "./lazy-net.js";

type SessionOptions = (ClientSessionOptions | SecureClientSessionOptions) & WaitOptions;
type RequestOptions = WaitOptions & { readonly body?: string | Uint8Array | undefined };

declare module "http2" {
  /** Connects, and returns when the session may be used. Blocks only the greenlet. */
  function connectSync(
    authority: string | URL,
    options?: (ClientSessionOptions | SecureClientSessionOptions) & WaitOptions,
  ): ClientHttp2Session;

  interface ClientHttp2Session {
    /**
     * Sends a request and returns the response when its headers are there. Of sessions that
     * `connectSync` has made. Blocks only the greenlet.
     */
    requestSync(
      headers?: OutgoingHttpHeaders,
      options?: WaitOptions & { readonly body?: string | Uint8Array | undefined },
    ): BlockingMessage;
  }
}

/** `http2.connectSync`, and `requestSync` on the sessions it makes. */
export function patchHttp2(ledger: Ledger): void {
  const http2 = process.getBuiltinModule("node:http2");
  const { connect } = http2;
  ledger.put(
    "patch",
    "http2",
    "connectSync",
    http2,
    function connectSync(authority: string | URL, options?: SessionOptions): ClientHttp2Session {
      const [wait, rest] = split<SessionOptions>(options);
      const begin = (): ClientHttp2Session => connect(authority, rest);
      const session = connecting("http2.connectSync", "connect", wait, begin, destroy);
      // Node shows the class of sessions nowhere else.
      const prototype = Object.getPrototypeOf(session) as object;
      const name = "ClientHttp2Session.prototype.requestSync";
      ledger.put("patch", "http2", name, prototype, requestSync);
      return session;
    },
  );
}

function requestSync(
  this: ClientHttp2Session,
  headers?: OutgoingHttpHeaders,
  options?: RequestOptions,
): BlockingMessage {
  const what = "http2.ClientHttp2Session.requestSync";
  checkWait(what, options, REQUEST_OPTIONS);
  const waiter = new Waiter<IncomingHttpHeaders>(what);
  const body = options?.body;
  const stream = this.request(headers, { endStream: body === undefined });
  if (body !== undefined) stream.end(body);
  stream.once("response", (received) => waiter.wake(received));
  stream.on("error", (error) => waiter.fail(error));
  stream.once("close", () => waiter.fail(new Error(`${what}: the stream was closed`)));
  try {
    return messageOf(stream, waiter.wait(split(options)[0]));
  } catch (error) {
    stream.close(CANCEL);
    throw error;
  }
}

const REQUEST_OPTIONS = [...WAIT, "body"];
/** NGHTTP2_CANCEL, from section 7 of RFC 9113. */
const CANCEL = 8;

/** The same as that of `node:http`. A response of HTTP/2 has no more in its first line. */
function messageOf(stream: ClientHttp2Stream, headers: IncomingHttpHeaders): BlockingMessage {
  const { BlockingMessage } = net();
  const { ":status": statusCode, ...others } = headers as IncomingHttpHeaders & {
    ":status"?: number;
  };
  const line = { statusCode, statusMessage: "", httpVersion: "2.0", headers: others };
  const rawHeaders = Object.entries(others).flatMap(([name, value]) =>
    [value ?? []].flat().flatMap((one) => [name, one]),
  );
  return new BlockingMessage(
    Object.assign(stream, line, { rawHeaders }) as unknown as IncomingMessage,
  );
}

/** Node lets a socket go on that is still connecting. `session.socket` refuses to be destroyed. */
function destroy(session: ClientHttp2Session): void {
  const symbols = Object.getOwnPropertySymbols(session);
  const key = symbols.find(({ description }) => description === "socket");
  const socket = key && (session as unknown as Record<symbol, Socket | undefined>)[key];
  session.destroy();
  socket?.destroy();
}
