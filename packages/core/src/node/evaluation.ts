// When a greenlet blocks in the top level of a module that ES modules import, their evaluation is
// left half done. Node and V8 never see that otherwise, and V8 ends the process when such a module
// is evaluated a second time. So a second evaluation is refused.

import Module from "node:module";
import { GreenlitError } from "../errors.js";
import { ledger } from "../ledger.js";
import { scopesOf } from "./scopes.js";

/**
 * Node's object of an ES module, or of another one that such modules can import
 * (lib/internal/modules/esm/module_job.js).
 */
interface ModuleWrap {
  readonly url: string;
  /**
   * Only ES modules have this property, whatever its value. V8 evaluates the other kinds by a call
   * of their own, also in the middle of a graph.
   */
  readonly sourceMapURL?: unknown;
  getStatus(): number;
}

type Method = (this: ModuleWrap, ...args: unknown[]) => unknown;

interface Internals {
  readonly ModuleWrap: { readonly prototype: Partial<Record<string, Method>> };
  readonly kEvaluating: number;
}

/**
 * To be called before a greenlet evaluates modules. Only the first call does anything; it takes a
 * millisecond.
 */
export function guardEvaluation(guarded: { guardsEvaluation: boolean }): void {
  if (guarded.guardsEvaluation) return;
  guarded.guardsEvaluation = true;
  const found = internals();
  if (found === undefined) return;
  const { kEvaluating } = found;
  const { prototype } = found.ModuleWrap;
  const imports = new WeakMap<ModuleWrap, readonly ModuleWrap[]>();

  /** The module below `root` that would be evaluated a second time, if any. */
  const halfDone = (root: ModuleWrap): ModuleWrap | undefined => {
    if (root.getStatus() === kEvaluating) return root;
    const seen = new Set([root]);
    for (const one of seen) {
      const status = one.getStatus();
      if (status > kEvaluating) continue;
      if (status === kEvaluating && !("sourceMapURL" in one)) return one;
      for (const next of imports.get(one) ?? []) seen.add(next);
    }
    return undefined;
  };

  const replace = (name: string, before: (wrap: ModuleWrap, args: unknown[]) => void): void => {
    const original = prototype[name];
    if (original === undefined) return;
    const replacement: Method = function (...args) {
      before(this, args);
      return original.apply(this, args);
    };
    ledger.put("core", "internal/modules", `ModuleWrap.prototype.${name}`, prototype, replacement);
  };
  // The last argument is an array without a prototype.
  replace("link", (wrap, args) => imports.set(wrap, Array.from(args.at(-1) as ModuleWrap[])));
  for (const name of ["evaluate", "evaluateSync"]) {
    replace(name, (wrap) => {
      const half = halfDone(wrap);
      if (half !== undefined) throw halfEvaluated(wrap, half);
    });
  }
}

function internals(): Internals | undefined {
  // Node's internals lie in the scopes around `register`.
  const { register }: { register?: (...args: never[]) => unknown } = Module;
  if (register === undefined) return undefined;
  try {
    return scopesOf<Internals>(register).find(isWhatItNeeds);
  } catch {
    return undefined; // no inspector, as under the permission model
  }
}

function isWhatItNeeds(scope: Partial<Internals>): scope is Internals {
  return scope.ModuleWrap !== undefined && typeof scope.kEvaluating === "number";
}

function halfEvaluated({ url }: ModuleWrap, half: ModuleWrap): GreenlitError {
  const where =
    half.url === url ? "its top level" : `the top level of ${half.url}, which it imports`;
  return new GreenlitError(
    "ERR_GREENLIT_HALF_EVALUATED",
    `cannot import ${url} now: a greenlet is blocked in the middle of ${where}. ` +
      "Import it when that has ended, or require() it in a greenlet, which waits for the end.",
  );
}
