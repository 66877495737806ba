// When a greenlet blocks in the top level of a module that ES modules import, their evaluation is
// left half done. Node and V8 never see that otherwise, and V8 ends the process when such a module
// is evaluated a second time. So a second evaluation is refused.

import Module from "node:module";
import { pathToFileURL } from "node:url";
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
  /** To be asked only once the module is linked, as all are that are evaluated. */
  getNamespace(): object;
}

type Method = (this: ModuleWrap, ...args: unknown[]) => unknown;

interface Internals {
  readonly ModuleWrap: { readonly prototype: Partial<Record<string, Method>> };
  readonly kEvaluating: number;
}

/** What is known of the evaluations under way. */
export interface Evaluations {
  /**
   * Whether the module with this namespace is one that an evaluation under way has not come to the
   * end of. Undefined where that cannot be known.
   */
  isHalfDone(namespace: object): boolean | undefined;
}

interface Guarded {
  evaluations: Evaluations | null;
  /** The modules that `require` is loading. */
  readonly loads: ReadonlyMap<object, { readonly filename: string }>;
}

/**
 * To be called before a greenlet evaluates modules. Only the first call does anything; it takes a
 * millisecond.
 */
export function guardEvaluation(guarded: Guarded): void {
  guarded.evaluations ??= guardedEvaluations(guarded);
}

function guardedEvaluations(guarded: Guarded): Evaluations {
  const found = internals();
  if (found === undefined) return { isHalfDone: () => undefined };
  const { kEvaluating } = found;
  const { prototype } = found.ModuleWrap;
  const imports = new WeakMap<ModuleWrap, readonly ModuleWrap[]>();
  /** The modules whose evaluation has been asked for and has not returned. */
  const roots = new Set<ModuleWrap>();

  /** Adds what a module imports to a set that is being iterated over. */
  const addImports = (of: ModuleWrap, to: Set<ModuleWrap>): void => {
    for (const one of imports.get(of) ?? []) to.add(one);
  };

  /** The module below `root` that would be evaluated a second time, if any. */
  const evaluatedTwice = (root: ModuleWrap): ModuleWrap | undefined => {
    if (root.getStatus() === kEvaluating) return root;
    const seen = new Set([root]);
    for (const one of seen) {
      const status = one.getStatus();
      if (status > kEvaluating) continue;
      if (status === kEvaluating && !("sourceMapURL" in one)) return one;
      addImports(one, seen);
    }
    return undefined;
  };

  const replace = (name: string, by: (original: Method) => Method): void => {
    const original = prototype[name];
    if (original === undefined) return;
    const key = `ModuleWrap.prototype.${name}`;
    ledger.put("core", "internal/modules", key, prototype, by(original));
  };
  /**
   * The CommonJS module below `root` that a `require` is loading, if any. An `import()` would fail
   * for good: it evaluates on the hub, where nothing can wait for the `require`.
   */
  const underWay = (root: ModuleWrap): ModuleWrap | undefined => {
    if (guarded.loads.size === 0) return undefined;
    const urls = new Set<string>();
    for (const { filename } of guarded.loads.values()) urls.add(pathToFileURL(filename).href);
    const seen = new Set([root]);
    for (const one of seen) {
      if (one.getStatus() >= kEvaluating) continue;
      if (!("sourceMapURL" in one) && urls.has(one.url)) return one;
      addImports(one, seen);
    }
    return undefined;
  };

  replace(
    "link",
    (original) =>
      function (...args) {
        // The last argument is an array without a prototype.
        imports.set(this, Array.from(args.at(-1) as ModuleWrap[]));
        return original.apply(this, args);
      },
  );
  for (const [name, find] of [
    ["evaluate", (root: ModuleWrap) => evaluatedTwice(root) ?? underWay(root)],
    ["evaluateSync", evaluatedTwice],
  ] as const) {
    replace(
      name,
      (original) =>
        function (...args) {
          const half = find(this);
          if (half !== undefined) throw halfEvaluated(this, half);
          roots.add(this);
          try {
            return original.apply(this, args);
          } finally {
            roots.delete(this);
          }
        },
    );
  }
  return {
    isHalfDone(namespace) {
      const seen = new Set(roots);
      for (const one of seen) {
        if (one.getNamespace() === namespace) return one.getStatus() <= kEvaluating;
        addImports(one, seen);
      }
      return false;
    },
  };
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
