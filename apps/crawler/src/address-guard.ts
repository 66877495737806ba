import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";
import { CrawlError } from "./errors.js";

/**
 * Networks no crawler has business in unless it is told so (IANA special-purpose address
 * registries).
 */
const PRIVATE = new BlockList();
for (const [network, prefix] of [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["224.0.0.0", 3],
] as const) {
  PRIVATE.addSubnet(network, prefix, "ipv4");
}
for (const [network, prefix] of [
  ["::", 127], // unspecified and loopback
  ["64:ff9b:1::", 48],
  ["fc00::", 7],
  ["fe80::", 10],
  ["ff00::", 8],
] as const) {
  PRIVATE.addSubnet(network, prefix, "ipv6");
}

/** Whether an IP address is private, loopback, link-local or multicast; IPv4-mapped IPv6 too. */
export function isPrivateAddress(address: string): boolean {
  return PRIVATE.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/**
 * Keeps a public page from sending the crawler into the network it runs in. Addresses are checked
 * where they are used, at connect time, so a name that resolves differently the second time gains
 * nothing.
 */
export class AddressGuard {
  readonly allowPrivate: boolean;
  private readonly allowed = new Set<string>();

  constructor(allowPrivate: boolean) {
    this.allowPrivate = allowPrivate;
  }

  /** A host named by the user may have a private address. */
  allow(url: URL): void {
    this.allowed.add(bareHost(url));
  }

  /**
   * For a host that is an address already, and so never looked up.
   * @throws CrawlError `private-address`
   */
  check(url: URL): void {
    const host = bareHost(url);
    if (isIP(host) !== 0) this.refuse(host, [host]);
  }

  /** A `lookup` for `net.connect`: as Node's own, but fails when a resolved address is private. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    const all: LookupOptions & { all: true } = { ...options, all: true };
    dnsLookup(hostname, all, (error, addresses: LookupAddress[]) => {
      if (error !== null) return callback(error, "", 4);
      try {
        this.refuse(
          hostname,
          addresses.map(({ address }) => address),
        );
      } catch (refusal) {
        return callback(refusal as CrawlError, "", 4);
      }
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses;
      callback(null, first?.address ?? "", first?.family ?? 4);
    });
  };

  private refuse(host: string, addresses: readonly string[]): void {
    if (this.allowPrivate || this.allowed.has(host)) return;
    const refused = addresses.find(isPrivateAddress);
    if (refused === undefined) return;
    const which = refused === host ? host : `${host} (${refused})`;
    throw new CrawlError("private-address", `${which} is a private address`);
  }
}

/** The host name, an IPv6 address without its brackets. */
function bareHost(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, "");
}
