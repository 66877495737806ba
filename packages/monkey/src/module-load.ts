import Module from "node:module";
import { getCurrent, type Greenlet } from "@greenlit/core";
import { programRuns } from "@greenlit/core/blocking-call";
import { beforeLoad } from "./when-loaded.js";

/**
 * Loading a CommonJS module stays atomic.
 *
 * Node's loader reads files with the public, patched `fs.readFileSync`, and many modules read a
 * file of theirs while they are evaluated. If these calls switched, a `require` in the middle of a
 * function would let others run where nobody expects it: code that was correct before the patch
 * would break because of it. So while a greenlet is inside `require`, the patched functions do not
 * switch for this greenlet. Functions of a module that are called later do.
 *
 * The main module is such a case only until its code begins: nobody requires it in the middle, and
 * blocking in it is what `greenlit run` is for. Calls of greenlit's own API (`sleep`, `wait`) at
 * the top level of a module do switch: whoever writes one asks for it, and core has others wait for
 * the end of the module.
 *
 * ES modules need no such care: import() evaluates them on the hub, where nothing switches, and
 * `require` of one is in here.
 */
const loading = new Map<Greenlet<unknown>, number>();

/**
 * `Module._load`: everything a `require` does, from the look-up to the end of the module's code.
 */
type Load = (request: string, parent: unknown, isMain: boolean) => unknown;

/** `Module._load` that remembers which greenlet is inside it, and patches what it loads. */
export function atomicLoad(original: Load): Load {
  return function (this: unknown, ...args: Parameters<Load>): unknown {
    beforeLoad(args[0]);
    const greenlet = getCurrent();
    if (greenlet === null) return Reflect.apply(original, this, args);
    const end = begin(greenlet);
    if (args[2]) {
      whenMainRuns(() => {
        end();
        programRuns();
      });
    }
    try {
      return Reflect.apply(original, this, args);
    } finally {
      end();
    }
  };
}

/** @returns ends this load, once. */
function begin(greenlet: Greenlet<unknown>): () => void {
  loading.set(greenlet, (loading.get(greenlet) ?? 0) + 1);
  let ended = false;
  return () => {
    if (ended) return;
    ended = true;
    const depth = loading.get(greenlet) as number;
    if (depth === 1) loading.delete(greenlet);
    else loading.set(greenlet, depth - 1);
  };
}

/** Not declared by @types/node; tools rely on replacing it. */
interface Compiling {
  _compile(this: Module, ...args: unknown[]): unknown;
}

/** Calls `callback` when the main module has been read, before its code runs. */
function whenMainRuns(callback: () => void): void {
  const prototype = Module.prototype as unknown as Compiling;
  const { _compile: original } = prototype;
  const compile: Compiling["_compile"] = function _compile(...args) {
    // Node 20 gives it another id when the loader of ES modules has found it.
    if (this.id === "." || this === process.mainModule) {
      callback();
      if (prototype._compile === compile) prototype._compile = original;
    }
    return Reflect.apply(original, this, args);
  };
  prototype._compile = compile;
}

/** Whether the current greenlet is inside `require`. */
export function isLoadingModule(): boolean {
  if (loading.size === 0) return false;
  const greenlet = getCurrent();
  return greenlet !== null && loading.has(greenlet);
}
