import type { Dispatcher } from "undici";
import { blocker, checkTime, checkTimeout, WAIT } from "@greenlit/core/blocking-call";
import { type CallOptions, Deadline } from "./deadline.js";
import { globalDispatcher } from "./dispatcher.js";
import { Exchange, type NetResponse } from "./exchange.js";
import { type RequestBody, Upload } from "./upload.js";

export interface RequestOptions extends CallOptions {
  /** Default: GET. */
  readonly method?: Dispatcher.HttpMethod | undefined;
  readonly headers?: Record<string, string | string[]> | string[] | undefined;
  /** An iterable may block: it is iterated in the greenlet that calls `request`. */
  readonly body?: RequestBody | null | undefined;
  /**
   * The pool of connections. Default: undici's global dispatcher; one of our own where that is of
   * an older undici, as Node's can be in Node 20 and 22.
   */
  readonly dispatcher?: Dispatcher | undefined;
  /**
   * The longest until the request can be sent, in milliseconds: look-up, connection, TLS, and the
   * queue of the pool.
   */
  readonly connectTimeout?: number | undefined;
  /**
   * The longest from then until the headers, in milliseconds. Default: the dispatcher's (300000).
   */
  readonly headersTimeout?: number | undefined;
  /** The longest pause within the body, in milliseconds. Default: the dispatcher's (300000). */
  readonly bodyTimeout?: number | undefined;
  // timeout, inherited: the whole exchange, until the end of the body.
}

const OPTIONS = [
  ...WAIT,
  "method",
  "headers",
  "body",
  "dispatcher",
  "connectTimeout",
  "headersTimeout",
  "bodyTimeout",
];

/**
 * Sends an HTTP request and returns when the headers of the response are there. Redirects are not
 * followed, content encodings are not decoded, and no status is an error.
 *
 * When the greenlet is killed, or a time runs out, the request is aborted. The body must be read or
 * destroyed: see {@link Body}.
 *
 * @param url http or https.
 * @throws undici's errors (`UND_ERR_CONNECT_TIMEOUT`, `UND_ERR_HEADERS_TIMEOUT`, `UND_ERR_SOCKET`
 *   ...), Node's (ECONNREFUSED, ENOTFOUND ...), Timeout when `timeout` is over, the signal's
 *   reason.
 */
export function request(url: string | URL, options: RequestOptions = {}): NetResponse {
  const deadline = Deadline.of("http.request", options, OPTIONS);
  const { body, connectTimeout, headersTimeout, bodyTimeout } = options;
  if (connectTimeout !== undefined) checkTime("connectTimeout", connectTimeout);
  checkTimeout("headersTimeout", headersTimeout);
  checkTimeout("bodyTimeout", bodyTimeout);
  const target = typeof url === "string" ? new URL(url) : url;
  blocker("http.request"); // where it cannot block, nothing is begun
  const upload = Upload.of(body);
  const exchange = new Exchange(deadline, connectTimeout);
  const dispatch: Dispatcher.DispatchOptions = {
    origin: target.origin,
    path: target.pathname + target.search,
    method: options.method ?? "GET",
    headers: options.headers ?? null,
    body:
      upload === null ? ((body as string | Uint8Array | null | undefined) ?? null) : upload.stream,
  };
  if (headersTimeout !== undefined) dispatch.headersTimeout = headersTimeout;
  if (bodyTimeout !== undefined) dispatch.bodyTimeout = bodyTimeout;
  (options.dispatcher ?? globalDispatcher()).dispatch(dispatch, exchange);
  return exchange.response(upload);
}
