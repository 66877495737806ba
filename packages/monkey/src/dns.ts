import { createRequire } from "node:module";
import type { CallOptions, LookupOptions as GreenOptions, Records } from "@greenlit/net";
import { net } from "./lazy-net.js";
import type { Ledger } from "@greenlit/core/ledger";

declare module "dns" {
  /**
   * The address of a host name, as `dns.lookup` finds it; with `{ all: true }` all of them. Blocks
   * only the greenlet.
   */
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
  const nodeDns = createRequire(import.meta.url)("node:dns") as object;
  ledger.put("patch", "dns", "lookupSync", nodeDns, function lookup(...args: never[]) {
    return Reflect.apply(net().lookup, undefined, args);
  });
  ledger.put("patch", "dns", "resolveSync", nodeDns, function resolve(...args: never[]) {
    return Reflect.apply(net().resolve, undefined, args);
  });
}
