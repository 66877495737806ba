import { getCurrent, getHub } from "@greenlit/core";
import { isLoadingModule } from "./module-load.js";

type AnyFunction = (...args: never[]) => unknown;

/**
 * A function that is `cooperative` in a greenlet and `original` elsewhere: outside greenlets, while a greenlet loads a
 * module (see module-load.ts), and in `exit` handlers, also when a greenlet called `process.exit`: the loop will not turn again. Same `this`, arguments, name, length and properties as the original.
 */
export function shim<Original extends AnyFunction>(
  original: Original,
  cooperative: AnyFunction,
): Original {
  const chosen = function (this: unknown, ...args: never[]): unknown {
    const green = getCurrent() !== null && !getHub().exiting && !isLoadingModule();
    return Reflect.apply(green ? cooperative : original, this, args);
  };
  return mimic(chosen, original) as unknown as Original;
}

/** Gives `fn` all properties of `model`, its name and length included, except the prototype plain functions have. */
export function mimic<F extends object>(fn: F, model: object): F {
  for (const key of Reflect.ownKeys(model)) {
    if (key === "prototype") continue;
    Object.defineProperty(
      fn,
      key,
      Object.getOwnPropertyDescriptor(model, key) as PropertyDescriptor,
    );
  }
  return fn;
}
