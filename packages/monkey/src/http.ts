import type { BlockingMessage, HttpOptions } from "@greenlit/net";
import { net } from "./lazy-net.js";
import type { Ledger } from "@greenlit/core/ledger";

declare module "http" {
  /**
   * Sends a request and returns the response when its headers are there. Blocks only the greenlet.
   */
  function requestSync(options: HttpOptions): BlockingMessage;
  function requestSync(url: string | URL, options?: HttpOptions): BlockingMessage;
  /** `requestSync` with the method GET. */
  function getSync(options: HttpOptions): BlockingMessage;
  function getSync(url: string | URL, options?: HttpOptions): BlockingMessage;
}

declare module "https" {
  /**
   * Sends a request and returns the response when its headers are there. Blocks only the greenlet.
   */
  function requestSync(options: HttpOptions): BlockingMessage;
  function requestSync(url: string | URL, options?: HttpOptions): BlockingMessage;
  /** `requestSync` with the method GET. */
  function getSync(options: HttpOptions): BlockingMessage;
  function getSync(url: string | URL, options?: HttpOptions): BlockingMessage;
}

/** As those of `http.request`. */
type Arguments = [target: string | URL | HttpOptions, options?: HttpOptions];

/** `getSync` and `requestSync` of `node:http` and `node:https`. */
export function patchHttp(ledger: Ledger): void {
  for (const name of ["http", "https"] as const) {
    // Imported, it would have Node make all its exports, WebSocket and what belongs to that too.
    const module = process.getBuiltinModule(`node:${name}`);
    const protocol = `${name}:`;
    ledger.put("patch", name, "requestSync", module, function requestSync(...args: Arguments) {
      return send(protocol, args, {});
    });
    ledger.put("patch", name, "getSync", module, function getSync(...args: Arguments) {
      return send(protocol, args, { method: "GET" });
    });
  }
}

/**
 * @param protocol the module's, for options that name none. A URL of the other protocol is an
 *   error, as in Node.
 */
function send(protocol: string, [target, options]: Arguments, more: HttpOptions): BlockingMessage {
  if (typeof target === "string" || target instanceof URL) {
    const url = new URL(target);
    if (url.protocol === protocol) return net().requestMessage(url, { ...options, ...more });
    throw Object.assign(
      new TypeError(`Protocol "${url.protocol}" not supported. Expected "${protocol}"`),
      {
        code: "ERR_INVALID_PROTOCOL",
      },
    );
  }
  return net().requestMessage({ protocol, ...target, ...more });
}
