import { mayBlock } from "@greenlit/core/blocking-call";
import { isLoadingModule } from "./module-load.js";
import { mimic } from "./mimic.js";
import { scopeNow } from "./scope.js";

export type AnyFunction = (...args: never[]) => unknown;

/**
 * A function that is `cooperative` in a greenlet and `original` elsewhere: outside greenlets; where
 * a greenlet cannot be suspended, because it is in the middle of something native, or has ended, or
 * the process is about to exit; while it loads a module (see module-load.ts); outside of
 * `patched(fn)`, where no more was asked for. Same `this`, arguments, name, length and properties
 * as the original.
 */
export function shim<Original extends AnyFunction>(
  original: Original,
  cooperative: AnyFunction,
): Original {
  const scope = scopeNow();
  scope.replaced.add(original);
  const chosen = function (this: unknown, ...args: never[]): unknown {
    const green = mayBlock() && !isLoadingModule() && scope.holds;
    return Reflect.apply(green ? cooperative : original, this, args);
  };
  return mimic(chosen, original) as unknown as Original;
}
