import { checkFunction, checkOptions, outOfRange } from "@greenlit/core/blocking-call";
import { checkPlace } from "../connect.js";
import { LISTEN_OPTIONS, listen, type ListenOptions } from "../listen.js";
import type { Listener } from "../listener.js";
import { type Handler, HttpServer } from "./http-server.js";
import { type LimitOptions, LIMITS, limitsOf } from "./limits.js";

/** Where to listen, as for `listen`, and the limits. */
export interface ServeOptions extends ListenOptions, LimitOptions {
  /** A listener that is there already, in place of `port` and `path`. The server closes it. */
  readonly listener?: Listener | undefined;
  /** What `request.url` begins with. Default: https with the option `tls`, else http. */
  readonly scheme?: "http" | "https" | undefined;
}

const OPTIONS = [...LISTEN_OPTIONS, ...LIMITS, "listener", "scheme"];

/**
 * Serves HTTP/1.1. Each request is handled in a greenlet of its own, so `handler` may block; what
 * it returns is the response. Returns as soon as it listens.
 *
 * An error of the handler is answered with status 500, and told by `getHub().onError`.
 *
 * @throws Node's own error: EADDRINUSE, EACCES ...; TypeError, RangeError when `options` are none.
 */
export function serve(options: ServeOptions, handler: Handler): HttpServer {
  const { listener, scheme = options?.tls === undefined ? "http" : "https" } = options ?? {};
  if (listener === undefined) checkPlace("serve", options);
  checkOptions("serve", options, OPTIONS);
  checkFunction("handler", handler, "serve({ port }, (request) => ...)");
  if (scheme !== "http" && scheme !== "https") {
    throw outOfRange("scheme", '"http" or "https"', scheme);
  }
  const limits = limitsOf(options);
  return new HttpServer(listener ?? listen(listenOptions(options)), limits, scheme, handler);
}

function listenOptions(options: ServeOptions): ListenOptions {
  const entries = Object.entries(options).filter(([name]) =>
    (LISTEN_OPTIONS as readonly string[]).includes(name),
  );
  return { noDelay: true, ...Object.fromEntries(entries) };
}
