import * as nodeHttp from "node:http";
import * as nodeHttps from "node:https";
import { blockingCall } from "./blocking-call.js";
import { BlockingMessage } from "./blocking-message.js";
import type { CallOptions } from "./deadline.js";

/**
 * Options of Node's `http.request`, with a body; `timeout` and `signal` are those of every blocking
 * call.
 */
export interface HttpOptions
  extends Omit<nodeHttps.RequestOptions, "timeout" | "signal">, CallOptions {
  readonly body?: string | Uint8Array | undefined;
}

const { request: httpRequest } = nodeHttp;
const { request: httpsRequest } = nodeHttps;

/**
 * Node's own HTTP client in blocking style, for programs that use its agents and options: sends the
 * request, returns when the headers of the response are there. For anything new, `request` is
 * several times as fast.
 *
 * @param url http or https; or everything in the options, as in Node.
 * @throws Node's errors (ECONNREFUSED, ECONNRESET ...); Timeout when `timeout` milliseconds pass
 *   before the headers.
 */
export function requestMessage(
  url: string | URL | HttpOptions,
  options?: HttpOptions,
): BlockingMessage {
  const { body, timeout, signal, ...rest } = { ...(isUrl(url) ? options : url) };
  const target = isUrl(url) ? new URL(url) : undefined;
  const secure = (target?.protocol ?? rest.protocol) === "https:";
  const send = secure ? httpsRequest : httpRequest;
  const ignore = (): void => {};
  let request: nodeHttp.ClientRequest | undefined;
  try {
    return blockingCall<BlockingMessage>(
      "http.request",
      (done) => {
        const begun = target === undefined ? send(rest) : send(target, rest);
        request = begun;
        // The message gets its reader right here: an error it reports a tick later would otherwise
        // find no listener.
        begun.on("response", (message) => done(null, new BlockingMessage(message)));
        begun.on("error", done);
        begun.end(body);
      },
      { timeout, signal },
    );
  } catch (error) {
    request?.on("error", ignore);
    request?.destroy();
    throw error;
  }
}

/** {@link requestMessage} with the method GET. */
export function get(url: string | URL | HttpOptions, options?: HttpOptions): BlockingMessage {
  return isUrl(url)
    ? requestMessage(url, { ...options, method: "GET" })
    : requestMessage({ ...url, method: "GET" });
}

function isUrl(value: string | URL | HttpOptions): value is string | URL {
  return typeof value === "string" || value instanceof URL;
}
