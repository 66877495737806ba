import { createRequire } from "node:module";

/** The list is large, and most crawls have no question for it: it is loaded when one comes up. */
const load = createRequire(import.meta.url);
let list: typeof import("tldts") | null = null;

/**
 * The part of a host name that belongs to one owner: `example.co.uk` of `www.example.co.uk`, by the
 * Public Suffix List.
 *
 * @returns null when the name is a suffix itself, or no name but an address
 */
export function ownedDomain(host: string): string | null {
  list ??= load("tldts") as typeof import("tldts");
  return list.getDomain(host, { allowPrivateDomains: true });
}
