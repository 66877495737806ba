// The patch of a module that nobody has loaded. Loading it only to patch it takes time, and what a
// program does before it loads one itself must come first: modules look at `buffer.kMaxLength`, at
// settings and at each other just once. So it waits until the program asks for the module.

import { type Ledger, ledger } from "@greenlit/core/ledger";
import { mimic } from "./mimic.js";

/** Node's built-in modules without which it is itself, and so is greenlit. */
const OTHERWISE_UNUSED = ["dns", "zlib"] as const;

/** What patches a module, by its name. */
const waiting = new Map<string, () => void>();

/** The modules of which nothing has been loaded in this process. */
export function unloaded(): (typeof OTHERWISE_UNUSED)[number][] {
  const { moduleLoadList: list } = process as { moduleLoadList?: readonly string[] };
  if (!Array.isArray(list)) return [];
  return OTHERWISE_UNUSED.filter((name) => !list.includes(`NativeModule ${name}`));
}

/** Calls `patch` before a program gets the module. */
export function whenLoaded(name: string, patch: () => void): void {
  watchGetBuiltin(ledger);
  waiting.set(name, patch);
}

/** To be called before a module is loaded, with what it is asked for. */
export function beforeLoad(request: unknown): void {
  if (waiting.size === 0 || typeof request !== "string") return;
  const name = request.replace(/^node:/, "").replace(/\/.*$/, "");
  const patch = waiting.get(name);
  waiting.delete(name);
  patch?.();
}

/** Patches all that waits: when it cannot be known what will be loaded, or somebody asks for it. */
export function patchWaiting(): void {
  for (const name of waiting.keys()) beforeLoad(name);
}

/** What waits is not patched any more. */
export function forgetWaiting(): void {
  waiting.clear();
}

function watchGetBuiltin(ledger: Ledger): void {
  const { getBuiltinModule } = process;
  if (getBuiltinModule === undefined) return;
  const watching = function (this: unknown, ...args: [id: string]): unknown {
    beforeLoad(args[0]);
    return Reflect.apply(getBuiltinModule, this, args);
  };
  ledger.put("patch", "process", "getBuiltinModule", process, mimic(watching, getBuiltinModule));
}
