import { ledger } from "@greenlit/core/ledger";
import { keptBy } from "./late.js";

/** A function of Node's that greenlit has replaced, or one that it has added. */
export interface PatchedFunction {
  /** As "fs"; "globalThis" for globals. */
  readonly module: string;
  /** As "readFileSync" or "Socket.prototype.readSync". */
  readonly name: string;
  readonly how: "replaced" | "added";
  /** "core": what greenlets need as long as there are any; it stays when the patch is undone. */
  readonly by: "core" | "patch";
  /** Somebody has put something else there since, which may call it. */
  readonly wrapped: boolean;
}

/** Functions of Node's that a module exports, and that block. */
export interface Kept {
  /** The package, or the file where it is in none. */
  readonly owner: string;
  /** The names of its exports. */
  readonly names: readonly string[];
}

/** All that greenlit has changed in Node, oldest first. */
export function listPatched(): PatchedFunction[] {
  return ledger.list().map(({ owner, module, name, before, inPlace }) => ({
    module,
    name,
    how: before === undefined ? "added" : "replaced",
    by: owner,
    wrapped: !inPlace,
  }));
}

/**
 * CommonJS modules that export functions which are patched by now, as they were before. What a
 * module keeps to itself cannot be seen.
 */
export function listKept(): Kept[] {
  const replaced = new Set(
    ledger
      .list()
      .filter(({ owner, before }) => owner === "patch" && typeof before === "function")
      .map(({ before }) => before),
  );
  return [...keptBy(replaced)].map(([owner, names]) => ({ owner, names }));
}
