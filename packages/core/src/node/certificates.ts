import { syncBuiltinESMExports } from "node:module";
import { ledger } from "../ledger.js";

const NAMES = ["createSecureContext", "setDefaultCACertificates"] as const;

type Tls = Record<(typeof NAMES)[number], ((...args: unknown[]) => unknown) | undefined>;

/**
 * From Node 24 on, the trusted certificates lie in a variable of the OS thread, and a hook of the
 * environment cleans it up. Loading them on a second thread aborts the process. Under the
 * switcher's driver `thread` each greenlet has a thread of its own, so the functions that load
 * certificates run on the hub.
 */
export function loadCertificatesOnHub(onHub: <T>(fn: () => T) => T): void {
  if (process.versions.openssl === undefined) return;
  const tls = process.getBuiltinModule("node:tls") as unknown as Tls;
  for (const name of NAMES) {
    const original = tls[name];
    if (original === undefined) continue;
    const replacement = function (this: unknown, ...args: unknown[]): unknown {
      return onHub(() => Reflect.apply(original, this, args));
    };
    Object.defineProperty(replacement, "name", { value: name });
    ledger.put("core", "tls", name, tls, replacement);
  }
  syncBuiltinESMExports();
}
