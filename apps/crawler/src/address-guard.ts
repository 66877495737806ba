import type { LookupAddress, LookupOptions } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { DnsCache } from "./dns-cache.js";
import { CrawlError } from "./errors.js";

/** Where all IPv6 addresses of the public Internet are. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR("2000::/3");

/**
 * Whether an IP address is none of the public Internet: private, loopback, link-local, multicast,
 * and whatever else the IANA special-purpose address registries list. An IPv4 address within an
 * IPv6 one is judged by itself where that is how it is reached: IPv4-mapped, and NAT64. The other
 * ways of embedding one (6to4, Teredo, IPv4-compatible ...) are out of use, and always refused.
 */
export function isPrivateAddress(text: string): boolean {
  const address = text.split("%", 1)[0]!; // a zone says by which interface
  if (!ipaddr.isValid(address)) return true;
  const parsed = ipaddr.parse(isIP(address) === 6 ? withoutDots(address) : address);
  if (parsed instanceof ipaddr.IPv4) return parsed.range() !== "unicast";
  const embedded = embeddedIPv4(parsed);
  if (embedded !== null) return embedded.range() !== "unicast";
  return !parsed.match(GLOBAL_UNICAST) || parsed.range() !== "unicast";
}

/** The library takes `::8.8.8.8` for `::ffff:8.8.8.8`, which is another address. */
function withoutDots(ipv6: string): string {
  return new URL(`http://[${ipv6}]`).hostname.slice(1, -1);
}

/** `::ffff:0:0/96` and `64:ff9b::/96`. */
const WITH_IPV4 = [[0, 0, 0, 0, 0, 0xffff] as const, [0x64, 0xff9b, 0, 0, 0, 0] as const];

function embeddedIPv4({ parts }: ipaddr.IPv6): ipaddr.IPv4 | null {
  const isPrefix = (prefix: readonly number[]): boolean =>
    prefix.every((part, index) => part === parts[index]);
  if (!WITH_IPV4.some(isPrefix)) return null;
  const [high, low] = [parts[6]!, parts[7]!];
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

/**
 * Keeps a public page from sending the crawler into the network it runs in. Addresses are checked
 * where they are used, at connect time, so a name that resolves differently the second time gains
 * nothing.
 */
export class AddressGuard {
  readonly allowPrivate: boolean;
  private readonly allowed = new Set<string>();
  private readonly names = new DnsCache();

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
    this.names.lookup(hostname, all, (error, addresses: LookupAddress[]) => {
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
