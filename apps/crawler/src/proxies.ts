import { createRequire } from "node:module";
import type { Dispatcher } from "undici";
import ipaddr from "ipaddr.js";
import { CrawlError, type ErrorCode, errorCode, errorMessage } from "./errors.js";

const require = createRequire(import.meta.url);

/** What `proxy` may be beside a URL: whatever the environment says. */
export const FROM_ENVIRONMENT = "environment";

type Environment = Readonly<Record<string, string | undefined>>;

/** Which proxy a request goes through. */
export class Proxies {
  private readonly http: string | null;
  private readonly https: string | null;
  /** Null: there are none. */
  private readonly exceptions: readonly string[] | null;

  /**
   * @param proxy URL of an HTTP proxy, for all requests; null: none. `environment`: as
   * `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say, in upper or lower case, which is
   * what curl does
   * @throws RangeError when one of these is no proxy
   */
  constructor(proxy: string | null, environment: Environment = process.env) {
    const isChosen = proxy !== FROM_ENVIRONMENT;
    const named = (name: string): string | undefined =>
      environment[name.toLowerCase()] || environment[name] || undefined;
    const read = (name: string): string | null => {
      const value = named(name) ?? named("ALL_PROXY");
      return value === undefined ? null : proxyUrl(value, name);
    };
    const chosen = isChosen && proxy !== null ? proxyUrl(proxy, "proxy") : null;
    this.http = isChosen ? chosen : read("HTTP_PROXY");
    this.https = isChosen ? chosen : read("HTTPS_PROXY");
    const exceptions = (named("NO_PROXY") ?? "").toLowerCase().split(/[\s,]/).filter(Boolean);
    this.exceptions = isChosen ? null : exceptions;
  }

  /** URL of the proxy; null: none. */
  for(url: URL): string | null {
    const proxy = url.protocol === "https:" ? this.https : this.http;
    return proxy === null || this.isException(url) ? null : proxy;
  }

  /** The proxies in use, without their passwords, for people. */
  get names(): readonly string[] {
    const urls = [this.http, this.https].filter((url): url is string => url !== null);
    return [...new Set(urls.map((url) => new URL(url).origin))];
  }

  private isException(url: URL): boolean {
    if (this.exceptions === null) return false;
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isThisMachine(host)) return true;
    const port = url.port || (url.protocol === "https:" ? "443" : "80");
    return this.exceptions.some((exception) => {
      if (exception === "*") return true;
      if (exception.includes("/")) return isInNetwork(host, exception);
      const [, name, ofPort] = /^\[?(?:\*?\.)?(.*?)\]?(?::(\d+))?$/.exec(exception) ?? [];
      if (ofPort !== undefined && ofPort !== port) return name === undefined;
      return host === name || host.endsWith(`.${name}`);
    });
  }
}

/**
 * The connections through a proxy: what is HTTP is asked of the proxy itself, HTTPS goes through a
 * tunnel. A proxy looks names up by itself.
 *
 * @param connectTimeout ms
 */
export function createProxyAgent(proxy: string, connectTimeout: number): Dispatcher {
  // Loaded with the first one: most crawls need none.
  const { ProxyAgent } = require("undici") as typeof import("undici");
  const { username, password, origin } = new URL(proxy);
  const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  const token = `Basic ${Buffer.from(credentials).toString("base64")}`;
  return new ProxyAgent({
    uri: origin,
    ...(username === "" ? {} : { token }),
    proxyTunnel: false,
    proxyTls: { timeout: connectTimeout },
    requestTls: { timeout: connectTimeout },
  });
}

/** Errors of connecting: with a proxy in between they are about the proxy. */
const CONNECTING: ReadonlySet<ErrorCode> = new Set([
  "connection-refused",
  "connect-timeout",
  "dns",
  "unreachable",
]);

/** What an error of a request through a proxy says about the proxy; null when it says nothing. */
export function proxyError(error: unknown, proxy: string): CrawlError | null {
  // The errors of undici have no code of their own.
  const [, status] =
    /^Proxy (?:response|Authentication Required) \((\d+)\)/.exec(errorMessage(error)) ?? [];
  if (status !== undefined) return refusal(proxy, Number(status));
  if (!CONNECTING.has(errorCode(error))) return null;
  const message = `the proxy ${new URL(proxy).host} cannot be reached: ${errorMessage(error)}`;
  return new CrawlError("proxy", message, { cause: error, passing: true });
}

/** The proxy itself has answered, with a status that is no success. */
function refusal(proxy: string, status: number): CrawlError {
  const hint = status === 407 ? ": it wants a name and a password, http://name:password@host" : "";
  const message = `the proxy ${new URL(proxy).host} answered ${status}${hint}`;
  // What is not there behind it may be there later.
  return new CrawlError("proxy", message, { passing: status >= 500 });
}

/** As curl does, `proxy.example:3128` means HTTP. */
function proxyUrl(text: string, name: string): string {
  const url = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (URL.canParse(url) && /^https?:/i.test(url)) return new URL(url).href;
  throw new RangeError(`${name} must be the URL of an HTTP proxy, not ${JSON.stringify(text)}`);
}

function isThisMachine(host: string): boolean {
  if (host === "localhost") return true;
  return ipaddr.isValid(host) && ipaddr.parse(host).range() === "loopback";
}

function isInNetwork(host: string, network: string): boolean {
  if (!ipaddr.isValid(host) || !ipaddr.isValidCIDR(network)) return false;
  const address = ipaddr.parse(host);
  const [base, bits] = ipaddr.parseCIDR(network);
  return address.kind() === base.kind() && address.match(base, bits);
}
