import { createRequire, syncBuiltinESMExports } from "node:module";
import { patchAtomics } from "./atomics.js";
import { patchChildProcess } from "./child-process.js";
import { patchCrypto } from "./crypto.js";
import { patchDns } from "./dns.js";
import { patchEvents } from "./events.js";
import { patchFetch } from "./fetch.js";
import { patchFs } from "./fs.js";
import { patchHttp } from "./http.js";
import { patchHttp2 } from "./http2.js";
import { type Ledger, ledger } from "@greenlit/core/ledger";
import { warnOfKept } from "./late.js";
import { patchNet } from "./net.js";
import { patchReadline } from "./readline.js";
import { replacingIn, runInside, Scope } from "./scope.js";
import { patchStream } from "./stream.js";
import { patchTimers } from "./timers.js";
import { patchTls } from "./tls.js";
import { patchWorkerThreads } from "./worker-threads.js";
import { forgetWaiting, patchWaiting, unloaded, whenLoaded } from "./when-loaded.js";
import { patchZlib } from "./zlib.js";

type Name =
  | "atomics"
  | "child_process"
  | "crypto"
  | "dns"
  | "events"
  | "fetch"
  | "fs"
  | "http"
  | "http2"
  | "net"
  | "readline"
  | "stream"
  | "timers"
  | "tls"
  | "worker_threads"
  | "zlib";

/** By the names of the modules; `atomics` and `fetch` are globals. */
const SHIMS: Readonly<Record<Name, (ledger: Ledger) => void>> = {
  atomics: patchAtomics,
  child_process: patchChildProcess,
  crypto: patchCrypto,
  dns: patchDns,
  events: patchEvents,
  fetch: patchFetch,
  fs: patchFs,
  http: patchHttp,
  http2: patchHttp2,
  net: patchNet,
  readline: patchReadline,
  stream: patchStream,
  timers: patchTimers,
  tls: patchTls,
  worker_threads: patchWorkerThreads,
  zlib: patchZlib,
};
const NAMES = Object.keys(SHIMS) as Name[];

/** Of what this copy of greenlit has replaced. */
const scopes = new Map<Name, Scope>();

/** What tells that one is patched, where that is not anything of a module. */
const MARKS: { readonly [One in Name]?: [module: string, name: string] } = {
  atomics: ["globalThis", "Atomics.wait"],
  fetch: ["globalThis", "fetchSync"],
};

/** Which modules to patch. `http` includes `https`. */
export type PatchOptions = { readonly [One in Name]?: boolean };

const ALL: PatchOptions = Object.fromEntries(NAMES.map((name) => [name, true]));

/**
 * Makes the named modules cooperative: functions that block the thread then block only the
 * greenlet, when called in one; and the modules get blocking twins of what has none. Outside
 * greenlets, everything is as it was.
 *
 * Patching again does nothing. Programs see it however they import the module: `require`, a default
 * import, or a named import of a function that existed before (a live binding).
 */
export function patch(options: PatchOptions): void {
  replace(options, true);
}

/**
 * Calls `fn`. Only the calls that are made inside are cooperative, by greenlets that call this or
 * are spawned inside; elsewhere, what was not patched before stays Node's own. What is replaced for
 * it stays there until `unpatchAll`.
 *
 * @param options what to patch. Default: everything.
 */
export function patched<T>(fn: () => T, options: PatchOptions = ALL): T {
  return runInside(replace(options, false), fn);
}

/** Replaces what is asked for and is not replaced yet. @returns the scopes of all that is. */
function replace(options: PatchOptions, everywhere: boolean): Scope[] {
  patchWaiting();
  const replaced = new Set<object>();
  const asked = NAMES.filter((name) => options[name] === true);
  for (const name of asked) {
    const [module, mark] = MARKS[name] ?? [name];
    if (ledger.find(module, mark, "patch") !== undefined) {
      if (everywhere) widen(scopes.get(name));
      continue;
    }
    const scope = new Scope(everywhere);
    scopes.set(name, scope);
    try {
      replacingIn(scope, () => SHIMS[name](ledger));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      warnOfFrozen(name, error);
    }
    for (const one of scope.replaced) replaced.add(one);
  }
  syncBuiltinESMExports();
  if (replaced.size > 0) warnOfKept(replaced);
  return asked.flatMap((name) => scopes.get(name) ?? []);
}

function widen(scope: Scope | undefined): void {
  if (scope !== undefined) scope.everywhere = true;
}

/** As under `--frozen-intrinsics`, or after somebody's `Object.freeze(fs)`. */
function warnOfFrozen(name: Name, { message }: Error): void {
  process.emitWarning(`${name} is not patched, or not all of it, because it is frozen`, {
    type: "GreenlitWarning",
    code: "GREENLIT_FROZEN",
    detail: `  ${message}`,
  });
}

/** {@link patch} with everything it knows, except what is set to false. */
export function patchAll(options: PatchOptions = {}): void {
  patch({ ...ALL, ...options });
}

/**
 * {@link patchAll} for who runs a program from its beginning: what the program may never load is
 * patched when it does.
 * @returns patches all that is left; to be called before the first ES module is evaluated, whose
 *   imports nobody tells.
 */
export function patchAllWhenLoaded(): () => void {
  const later = unloaded();
  patchAll(Object.fromEntries(later.map((name) => [name, false])));
  for (const name of later) whenLoaded(name, () => patch({ [name]: true }));
  return patchWaiting;
}

/**
 * Undoes all patching, exactly. A program that kept a reference to a patched function keeps a
 * working one.
 */
export function unpatchAll(): void {
  forgetWaiting();
  ledger.unpatch();
  syncBuiltinESMExports();
}

/**
 * Whether anything of the module, or the property of that name, was replaced or added.
 *
 * @param module as "fs" or "node:fs"; "globalThis" for globals.
 * @param name as "readFileSync" or "Socket.prototype.readSync".
 */
export function isPatched(module: string, name?: string): boolean {
  patchWaiting();
  return ledger.find(module, name) !== undefined;
}

/**
 * Node's own function behind a patched one, or what the module has when it is not patched;
 * undefined for what the patch added.
 */
export function original<T = unknown>(module: string, name: string): T {
  patchWaiting();
  const path = name.split(".");
  const rest: string[] = [];
  let value: unknown;
  // What is patched may have properties of its own, as `realpathSync.native`.
  for (; path.length > 0; rest.unshift(path.pop() as string)) {
    const entry = ledger.find(module, path.join("."));
    if (entry === undefined) continue;
    value = entry.before;
    break;
  }
  if (path.length === 0) {
    value = module === "globalThis" ? globalThis : createRequire(import.meta.url)(module);
  }
  for (const key of rest) value = (value as Record<string, unknown> | undefined)?.[key];
  return value as T;
}
