// While a greenlet loads a module whose top level blocks, others would see half of it: its
// `exports` as far as they have come. So each module has an import lock, as in Python. A greenlet
// that requires a module which another one is loading waits until that load has ended, and looks
// again. If the load failed, it loads the module itself.
//
// No lock may make a deadlock that Node does not have. A greenlet that would wait for itself,
// directly or through others, gets what Node gives in a ring: the exports as they are. So does a
// greenlet that still waits when nothing is left that could wake anyone.
//
// The main module has no lock: it may run for as long as the process.

import Module from "node:module";
import { isModuleNamespaceObject } from "node:util/types";
import { GreenlitError } from "../errors.js";
import { guardEvaluation } from "../node/evaluation.js";
import { ledger } from "../ledger.js";
import type { Greenlet } from "./greenlet.js";
import { hub } from "./hub.js";
import { WaitList } from "./wait-list.js";
import type { WaitOptions } from "../wait-options.js";
import { Waiter } from "./waiter.js";

/**
 * Undocumented members of Module, present in every version of Node. Other tools replace them, too.
 */
interface Loader {
  /** Everything a `require` does. */
  _load(request: string, parent: object | undefined, isMain?: boolean): unknown;
  _resolveFilename(request: string, parent: object | undefined, isMain?: boolean): string;
  readonly _cache: Record<string, object | undefined>;
  readonly prototype: {
    /** Reads and evaluates one module. */
    load(this: { readonly id: string }, filename: string): unknown;
  };
}

/** One module that a greenlet is loading. */
export class Load {
  readonly greenlet: Greenlet;
  readonly filename: string;
  readonly waiters: WaitList<boolean> = new WaitList();

  constructor(greenlet: Greenlet, filename: string) {
    this.greenlet = greenlet;
    this.filename = filename;
  }
}

/** A call that waits for the end of a load. It is woken with false when it must give up. */
class Successor extends Waiter<boolean> {
  private readonly load: Load;

  constructor(what: string, load: Load) {
    super(`${what}, which ${load.greenlet.name} is still loading,`);
    this.load = load;
  }

  override describe(): string {
    return this.what.slice(0, -1);
  }

  override blockedBy(): Greenlet {
    return this.load.greenlet;
  }

  override concede(): boolean {
    this.wake(false);
    return true;
  }
}

/**
 * Waits for the end of a load.
 * @returns whether it has ended; false when the call had to give up.
 */
function waitFor(load: Load, what: string, options?: WaitOptions): boolean {
  return load.waiters.add(new Successor(what, load)).wait(options);
}

/** Any load of another greenlet. */
function another(): Load | undefined {
  for (const load of hub.loads.values()) if (load.greenlet !== hub.current) return load;
  return undefined;
}

/**
 * Node keeps the error of an ES module for good. When a greenlet is killed in the middle of a load,
 * that error is its GreenletExit. It must not end other greenlets that import the module later, as
 * if they had been killed, too.
 * @throws GreenlitError ERR_GREENLIT_LOAD_KILLED
 */
export function checkNotKilled(error: unknown): void {
  const load = hub.killedLoads.get(error as object); // undefined for what is no object
  if (load === undefined) return;
  throw new GreenlitError(
    "ERR_GREENLIT_LOAD_KILLED",
    `cannot load ${load.filename}: ${load.greenlet.name} was killed while it evaluated it, and an ES module is evaluated ` +
      "only once. Where a greenlet may be killed meanwhile, load it inside shield(() => ...).",
    { cause: error },
  );
}

function keepKilled(error: unknown, load: Load): void {
  if (typeof error !== "object" || error === null) return;
  hub.killedLoads.set(error, load);
  hub.loadsFailed = true;
}

/**
 * The load by another greenlet of the module that a `require` with these arguments asks for.
 */
function loadOf(loader: Loader, ...args: Parameters<Loader["_load"]>): Load | undefined {
  if (another() === undefined) return undefined;
  let filename: string;
  try {
    filename = loader._resolveFilename(...args);
  } catch {
    return undefined; // `_load` will say what is wrong
  }
  const module = loader._cache[filename];
  const load = module === undefined ? undefined : hub.loads.get(module);
  return load?.greenlet === hub.current ? undefined : load;
}

const named = (request: string): string => `require of ${JSON.stringify(request)}`;

/**
 * Codes of errors for a module that is half evaluated: Node's code, and the one of evaluation.ts.
 */
const HALF_DONE = new Set<unknown>(["ERR_REQUIRE_CYCLE_MODULE", "ERR_GREENLIT_HALF_EVALUATED"]);

/**
 * Makes `require` wait for modules that other greenlets are loading. Only the first call in a
 * thread does anything.
 */
export function lockModules(): void {
  if (hub.locksModules) return;
  hub.locksModules = true;
  const loader = Module as unknown as Loader;
  const { prototype, _load: original } = loader;
  const { load: originalLoad } = prototype;

  const load: Loader["prototype"]["load"] = function load(filename): void {
    const greenlet = hub.current;
    if (greenlet !== null) guardEvaluation(hub);
    if (greenlet === null || this.id === ".") {
      originalLoad.call(this, filename);
      return;
    }
    const mine = new Load(greenlet, filename);
    hub.loads.set(this, mine);
    let whole = false;
    try {
      originalLoad.call(this, filename);
      whole = true;
    } finally {
      // A `finally` and no `catch`: Node shows where an error was last thrown.
      if (!whole && greenlet.killed !== null) keepKilled(greenlet.killed.error, mine);
      hub.loads.delete(this);
      // The waiters run later. By then Node has forgotten the module if the load has failed.
      mine.waiters.wakeAll(true);
    }
  };

  const _load: Loader["_load"] = function _load(this: unknown, request, parent, isMain) {
    const inTheWay = (): Load | undefined => loadOf(loader, request, parent, isMain);
    for (let load = inTheWay(); load !== undefined; load = inTheWay()) {
      if (!waitFor(load, named(request))) break;
    }
    // Without loads that failed or are under way, no error needs a closer look.
    if (!hub.loadsFailed && another() === undefined)
      return original.call(this, request, parent, isMain);
    for (;;) {
      try {
        return original.call(this, request, parent, isMain);
      } catch (error) {
        if (hub.current?.dying === false) checkNotKilled(error);
        // The ES module imports one whose evaluation is under way, perhaps in another greenlet.
        if (!HALF_DONE.has((error as { code?: unknown } | null)?.code)) throw error;
        const load = another();
        if (load === undefined || !waitFor(load, `${named(request)}, or what it imports`))
          throw error;
      }
    }
  };
  ledger.put("core", "module", "prototype.load", prototype, load);
  ledger.put("core", "module", "_load", loader, _load);
}

/**
 * `import()` does not wait for a module that a greenlet is evaluating: it gives the namespace as it
 * is. So this waits for as long as its evaluation goes on or, where that cannot be known, for as
 * long as an export has no value yet.
 * @throws what a blocking call throws.
 */
export function awaitWhole(value: unknown, options: WaitOptions | undefined): void {
  if (!isModuleNamespaceObject(value)) return;
  for (let load = another(); load !== undefined && !isWhole(value as object); load = another()) {
    if (!waitFor(load, "wait for an imported module", options)) return;
  }
}

function isWhole(namespace: object): boolean {
  const half = hub.evaluations?.isHalfDone(namespace);
  if (half !== undefined) return !half;
  try {
    // Of an ES module, reading a variable that has no value yet throws. Other modules get all their
    // exports at their end, and `default` is one of them.
    Object.values(namespace);
    return !("default" in namespace && namespace.default === undefined);
  } catch {
    return false;
  }
}

/**
 * A module that imports a half loaded one fails in its own top level, for good. V8's error does not
 * say why, so this names the half loaded modules in the error's stack.
 */
export function nameHalves(error: unknown): void {
  if (!(error instanceof ReferenceError) || typeof error.stack !== "string") return;
  const halves = Array.from(
    hub.loads.values(),
    ({ greenlet, filename }) =>
      `    ${filename} (by ${greenlet.name}); import it when it is loaded`,
  );
  Reflect.set(
    error,
    "stack",
    [error.stack, "    -- half loaded at the time --", ...halves].join("\n"),
  );
}
