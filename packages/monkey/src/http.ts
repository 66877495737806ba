import nodeHttp from "node:http";
import nodeHttps from "node:https";
import { type BlockingMessage, type HttpOptions, requestMessage } from "@greenlit/net";
import type { Ledger } from "./ledger.js";

declare module "http" {
  /** Sends a request and returns the response when its headers are there. Blocks only the greenlet. */
  function requestSync(options: HttpOptions): BlockingMessage;
  function requestSync(url: string | URL, options?: HttpOptions): BlockingMessage;
  /** `requestSync` with the method GET. */
  function getSync(options: HttpOptions): BlockingMessage;
  function getSync(url: string | URL, options?: HttpOptions): BlockingMessage;
}

declare module "https" {
  /** Sends a request and returns the response when its headers are there. Blocks only the greenlet. */
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
  for (const [name, module, protocol] of [
    ["http", nodeHttp, "http:"],
    ["https", nodeHttps, "https:"],
  ] as const) {
    ledger.put(name, "requestSync", module, function requestSync(...args: Arguments) {
      return send(protocol, args, {});
    });
    ledger.put(name, "getSync", module, function getSync(...args: Arguments) {
      return send(protocol, args, { method: "GET" });
    });
  }
}

/** @param protocol the module's, for options that name none. A URL of the other protocol is an error, as in Node. */
function send(protocol: string, [target, options]: Arguments, more: HttpOptions): BlockingMessage {
  if (typeof target === "string" || target instanceof URL) {
    const url = new URL(target);
    if (url.protocol === protocol) return requestMessage(url, { ...options, ...more });
    throw Object.assign(
      new TypeError(`Protocol "${url.protocol}" not supported. Expected "${protocol}"`),
      {
        code: "ERR_INVALID_PROTOCOL",
      },
    );
  }
  return requestMessage({ protocol, ...target, ...more });
}
