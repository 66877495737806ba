import dns from "node:dns";
import { blocker, outOfRange, WAIT, wrongType } from "@greenlit/core/blocking-call";
import { blockingCall } from "./blocking-call.js";
import { type CallOptions, Deadline } from "./deadline.js";
import { type Family, resolver } from "./resolver.js";

/** An address as `dns.lookup` finds it. */
export type LookupAddress = dns.LookupAddress;
export type LookupOptions = dns.LookupOptions & CallOptions;

/** Record types `resolve` knows, and what one record of each looks like. */
export interface Records {
  A: string;
  AAAA: string;
  CAA: dns.CaaRecord;
  CNAME: string;
  MX: dns.MxRecord;
  NAPTR: dns.NaptrRecord;
  NS: string;
  PTR: string;
  SRV: dns.SrvRecord;
  TXT: string[];
}

/**
 * The address the system gives for a host name: hosts file, nsswitch, name servers, as
 * getaddrinfo(3) does it.
 *
 * It runs on Node's thread pool, at most two slow look-ups at a time: for many names use {@link
 * resolve}.
 *
 * @throws Node's own error: ENOTFOUND, EAI_AGAIN ...
 */
export function lookup(hostname: string, options: LookupOptions & { all: true }): LookupAddress[];
export function lookup(
  hostname: string,
  options?: LookupOptions & { all?: false | undefined },
): LookupAddress;
export function lookup(hostname: string, options?: LookupOptions): LookupAddress | LookupAddress[];
export function lookup(
  hostname: string,
  options: LookupOptions = {},
): LookupAddress | LookupAddress[] {
  if (typeof options !== "object" || options === null) {
    throw wrongType("options", "an object of family, all, timeout, signal ...", options);
  }
  const { timeout, signal, ...rest } = options;
  return blockingCall<LookupAddress | LookupAddress[]>(
    "dns.lookup",
    (done) =>
      dns.lookup(hostname, rest, (error, address: string | LookupAddress[], family?: number) =>
        done(error, typeof address === "string" ? { address, family: family ?? 0 } : address),
      ),
    { timeout, signal },
  );
}

/** Options of {@link addresses}. */
export interface AddressesOptions extends CallOptions {
  /** Only addresses of this family: 4 or 6. Default: 0, both. */
  readonly family?: 0 | 4 | 6 | undefined;
}

const ADDRESSES_OPTIONS = [...WAIT, "family"];

/**
 * All addresses of a host name, best first: from the hosts file, else from the name servers, which
 * are asked by c-ares, with the search list of resolv.conf. No thread is used, so any number may be
 * looked up at a time. Answers are kept for their TTL (at most an hour), that there is none for 5
 * seconds, 1000 in all; greenlets that look up one name at a time share one question. `connect` and
 * `listen` find their hosts in this way. What else nsswitch.conf(5) may name, such as mDNS or LDAP,
 * only {@link lookup} finds.
 *
 * @throws ENOTFOUND when there is none, EAI_AGAIN when the name servers do not answer; as
 *   `dns.lookup`.
 */
export function addresses(hostname: string, options?: AddressesOptions): LookupAddress[] {
  const what = "dns.addresses";
  const deadline = Deadline.of(what, options, ADDRESSES_OPTIONS);
  if (typeof hostname !== "string") throw wrongType("hostname", "a string", hostname);
  const { family = 0 } = options ?? {};
  if (![0, 4, 6].includes(family)) throw outOfRange("family", "0, 4 or 6", family);
  blocker(what);
  return resolver.addresses(hostname, family as Family, false, what, deadline);
}

/** Forgets all answers of name servers, as after `dns.setServers` or a change of network. */
export function clearDnsCache(): void {
  resolver.cache.clear();
}

/**
 * The records of a name, asked from the name servers directly (c-ares): nothing blocks, but the
 * hosts file is not read. Addresses are kept for their TTL, as {@link addresses} does it.
 *
 * @throws Node's own error: ENODATA, ENOTFOUND, ETIMEOUT ...
 */
export function resolve(hostname: string): string[];
export function resolve<Type extends keyof Records>(
  hostname: string,
  type: Type,
  options?: CallOptions,
): Records[Type][];
export function resolve(
  hostname: string,
  type: keyof Records = "A",
  options?: CallOptions,
): unknown[] {
  const what = "dns.resolve";
  const deadline = Deadline.of(what, options);
  blocker(what);
  return [...resolver.cache.records(type, hostname, what, deadline)];
}
