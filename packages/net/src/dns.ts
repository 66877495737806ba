import dns from "node:dns";
import { blockingCall } from "./blocking-call.js";
import type { CallOptions } from "./deadline.js";

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
 * The address the system gives for a host name: hosts file, nsswitch, name servers, as getaddrinfo(3) does it.
 *
 * It runs on Node's thread pool, at most two slow look-ups at a time: for many names use {@link resolve}.
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

/**
 * The records of a name, asked from the name servers directly (c-ares): nothing blocks, but the hosts file is not read.
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
  // Looked up at each call: dns.setServers puts another function there.
  return blockingCall<unknown[]>(
    "dns.resolve",
    (done) => dns.resolve(hostname, type, (error, records) => done(error, records as unknown[])),
    options,
  );
}
