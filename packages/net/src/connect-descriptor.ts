import { type Address, type Backend, OPTIONS, system, systemError } from "@greenlit/backend";
import type { Deadline } from "./deadline.js";
import { DescriptorTransport } from "./descriptor-transport.js";
import { race } from "./happy-eyeballs.js";
import { type Family, resolver } from "./resolver.js";

/** What a connection over a descriptor can be asked for; all of it are options of Node's. */
export interface DescriptorConnectOptions {
  readonly port?: number;
  readonly host?: string;
  readonly path?: string;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly family?: number;
  readonly noDelay?: boolean;
  readonly keepAlive?: boolean;
  readonly keepAliveInitialDelay?: number;
  readonly autoSelectFamily?: boolean;
  readonly autoSelectFamilyAttemptTimeout?: number;
  readonly allowHalfOpen?: boolean;
}

const KNOWN = new Set<string>([
  "port",
  "host",
  "path",
  "localAddress",
  "localPort",
  "family",
  "noDelay",
  "keepAlive",
  "keepAliveInitialDelay",
  "autoSelectFamily",
  "autoSelectFamilyAttemptTimeout",
  "allowHalfOpen",
]);

/**
 * Whether descriptors can do what is asked for. What only Node can, such as a `lookup` of one's
 * own, goes over its streams, and so does what is wrong: Node refuses that in its own words.
 */
export function suitsDescriptor(options: object): options is DescriptorConnectOptions {
  const { port, host, path, localPort, family, localAddress } = options as DescriptorConnectOptions;
  for (const name in options) {
    if (!KNOWN.has(name) && (options as Record<string, unknown>)[name] !== undefined) return false;
  }
  if (path !== undefined) return typeof path === "string" && path !== "" && !path.includes("\0");
  return (
    isPort(port) &&
    (host === undefined || (typeof host === "string" && host !== "")) &&
    (localPort === undefined || isPort(localPort)) &&
    (localAddress === undefined || typeof localAddress === "string") &&
    (family === undefined || [0, 4, 6].includes(family))
  );
}

/** Where a host can be reached. */
export type InternetAddress = Extract<Address, { readonly port: number }>;

/** The range is that of TCP. */
export function isPort(port: unknown): port is number {
  return Number.isInteger(port) && (port as number) >= 0 && (port as number) <= 65_535;
}

/** Connects over descriptors of `backend`. @throws as `connect`. */
export function connectDescriptor(
  backend: Backend,
  options: DescriptorConnectOptions,
  what: string,
  deadline: Deadline,
): DescriptorTransport {
  const { path, host = "localhost", port = 0, family = 0 } = options;
  const attempt = (address: Address, deadline: Deadline): DescriptorTransport =>
    connectTo(backend, address, options, what, deadline);
  if (path !== undefined) return attempt({ path }, deadline);
  const found = resolver.addresses(host, family as Family, true, what, deadline);
  const places = found.map(({ address, family }) => placeOf(address, family, port));
  const [first] = places;
  if (first !== undefined && (places.length === 1 || options.autoSelectFamily === false))
    return attempt(first, deadline);
  return race(places, attempt, options.autoSelectFamilyAttemptTimeout, what, deadline);
}

/** `family` is that of `node:dns`. */
export function placeOf(address: string, family: number, port: number): InternetAddress {
  return { address, family: family as 4 | 6, port };
}

function connectTo(
  backend: Backend,
  address: Address,
  options: DescriptorConnectOptions,
  what: string,
  deadline: Deadline,
): DescriptorTransport {
  const calls = system();
  const fd = calls.socket("path" in address ? 0 : address.family, 1);
  if (fd < 0) throw systemError("connect", fd, address);
  try {
    bindLocally(fd, address, options);
    const descriptor = backend.register(fd);
    try {
      deadline.within(what, (wait) => descriptor.connect(address, what, wait));
    } catch (error) {
      descriptor.release();
      throw error;
    }
    const { noDelay = false, keepAlive = false, keepAliveInitialDelay = 0 } = options;
    const transport = new DescriptorTransport(descriptor);
    if (noDelay) transport.setNoDelay(true);
    if (keepAlive) transport.setKeepAlive(true, keepAliveInitialDelay);
    return transport;
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

function bindLocally(fd: number, to: Address, options: DescriptorConnectOptions): void {
  const { localAddress, localPort = 0 } = options;
  if ("path" in to || (localAddress === undefined && localPort === 0)) return;
  const { family } = to;
  const any = family === 4 ? "0.0.0.0" : "::";
  const address: Address = { family, address: localAddress ?? any, port: localPort };
  const calls = system();
  calls.setOption(fd, OPTIONS.reuseAddress, 1);
  const result = calls.bind(fd, address);
  if (result < 0) throw systemError("bind", result, address);
}
