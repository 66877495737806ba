import { syncBuiltinESMExports } from "node:module";
import type { Hub } from "./hub.js";

const NAMES = ["createSecureContext", "setDefaultCACertificates"] as const;

type Tls = Record<(typeof NAMES)[number], ((...args: unknown[]) => unknown) | undefined>;

/**
 * From Node 24 on the certificates that are trusted lie in a variable of the OS thread, and a hook of the environment cleans
 * it up: to load them on a second thread aborts the process. Under the switcher's driver `thread` each greenlet has a thread
 * of its own. So what loads them runs on the hub, for everyone.
 */
export function loadCertificatesOn(hub: Hub): void {
  if (process.versions.openssl === undefined) return;
  const tls = process.getBuiltinModule("node:tls") as unknown as Tls;
  for (const name of NAMES) {
    const original = tls[name];
    if (original === undefined) continue;
    tls[name] = function (this: unknown, ...args) {
      const load = (): unknown => Reflect.apply(original, this, args);
      return hub.current === null ? load() : hub.call(load);
    };
    Object.defineProperty(tls[name], "name", { value: name });
  }
  syncBuiltinESMExports();
}
