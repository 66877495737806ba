import { createRequire, syncBuiltinESMExports } from "node:module";
import { patchDns } from "./dns.js";
import { patchFetch } from "./fetch.js";
import { patchFs } from "./fs.js";
import { patchHttp } from "./http.js";
import { type Ledger, ledger } from "./ledger.js";
import { patchNet } from "./net.js";
import { patchTimers } from "./timers.js";

const SHIMS: Record<"dns" | "fetch" | "fs" | "http" | "net" | "timers", (ledger: Ledger) => void> =
  {
    dns: patchDns,
    fetch: patchFetch,
    fs: patchFs,
    http: patchHttp,
    net: patchNet,
    timers: patchTimers,
  };

/** Which modules to patch. `http` includes `https`. */
export type PatchOptions = { readonly [Name in keyof typeof SHIMS]?: boolean };

/**
 * Makes the named modules cooperative: functions that block the thread then block only the greenlet, when called in one; and the
 * modules get blocking twins of what has none. Outside greenlets, everything is as it was.
 *
 * Patching again does nothing. Programs see it however they import the module: `require`, a default import, or a named
 * import of a function that existed before (a live binding).
 */
export function patch(options: PatchOptions): void {
  for (const name of Object.keys(SHIMS) as (keyof typeof SHIMS)[]) {
    if (options[name] === true && !isPatched(name === "fetch" ? "globalThis" : name))
      SHIMS[name](ledger);
  }
  syncBuiltinESMExports();
}

/** {@link patch} with everything it knows. */
export function patchAll(): void {
  patch({ dns: true, fetch: true, fs: true, http: true, net: true, timers: true });
}

/** Undoes all patching, exactly. A program that kept a reference to a patched function keeps a working one. */
export function unpatchAll(): void {
  ledger.restore();
  syncBuiltinESMExports();
}

/**
 * Whether anything of the module, or the property of that name, was replaced or added.
 *
 * @param module as "fs" or "node:fs"; "globalThis" for globals.
 * @param name as "readFileSync" or "Socket.prototype.readSync".
 */
export function isPatched(module: string, name?: string): boolean {
  return ledger.find(module, name) !== undefined;
}

/**
 * Node's own function behind a patched one, or what the module has when it is not patched; undefined for what the patch added.
 */
export function original<T = unknown>(module: string, name: string): T {
  const entry = ledger.find(module, name);
  if (entry !== undefined) return entry.before as T;
  let value: unknown =
    module === "globalThis" ? globalThis : createRequire(import.meta.url)(module);
  for (const key of name.split(".")) value = (value as Record<string, unknown> | undefined)?.[key];
  return value as T;
}
