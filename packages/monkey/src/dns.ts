import nodeDns from "node:dns";
import {
  type CallOptions,
  lookup,
  type LookupOptions as GreenOptions,
  type Records,
  resolve,
} from "@greenlit/net";
import type { Ledger } from "./ledger.js";

declare module "dns" {
  /** The address of a host name, as `dns.lookup` finds it; with `{ all: true }` all of them. Blocks only the greenlet. */
  function lookupSync(hostname: string, options: GreenOptions & { all: true }): LookupAddress[];
  function lookupSync(hostname: string, options?: GreenOptions & { all?: false }): LookupAddress;
  /** The records of a name, as `dns.resolve` finds them. Blocks only the greenlet. */
  function resolveSync(hostname: string): string[];
  function resolveSync<Type extends keyof Records>(
    hostname: string,
    type: Type,
    options?: CallOptions,
  ): Records[Type][];
}

/** `dns.lookupSync` and `dns.resolveSync`. */
export function patchDns(ledger: Ledger): void {
  ledger.put("dns", "lookupSync", nodeDns, lookup);
  ledger.put("dns", "resolveSync", nodeDns, resolve);
}
