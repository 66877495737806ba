// Node's own `cpSync` and `globSync`, made of cooperative parts. Node writes both, in whole or in
// part, in JavaScript over the public functions of `fs`, which it takes when the first call loads
// that code. So where nobody has made such a call yet, it is given functions that ask who calls.

import nodeFs from "node:fs";
import { getCurrent, type Greenlet } from "@greenlit/core";
import { mayBlock } from "@greenlit/core/blocking-call";
import * as functions from "./functions.js";
import { opendirSync } from "./opendir.js";
import { original } from "./original.js";

type AnyFunction = (...args: unknown[]) => unknown;

/** All that this code takes in Nodes 20 to 26 (lib/internal/fs/cp/cp-sync.js, glob.js). */
const PARTS: Readonly<Record<string, unknown>> = {
  ...functions,
  opendirSync,
};
/** It reads this one's `native`. */
const REALPATH = "realpathSync";

/** Greenlets that are in the middle of such a call. */
const inside = new Map<Greenlet<unknown>, number>();

/** Calls `fn`; what Node's code calls meanwhile for this greenlet is cooperative. */
export function withParts<T>(fn: () => T): T {
  const greenlet = getCurrent();
  if (greenlet === null) return fn();
  const depth = inside.get(greenlet) ?? 0;
  inside.set(greenlet, depth + 1);
  try {
    return fn();
  } finally {
    if (depth === 0) inside.delete(greenlet);
    else inside.set(greenlet, depth);
  }
}

/**
 * Has Node load a module of its own with parts that can be cooperative.
 * @param module as Node calls it, "internal/fs/glob".
 * @param load makes a call that does nothing, but needs it.
 * @returns whether that was in time.
 */
export function giveParts(module: string, load: () => void): boolean {
  const { moduleLoadList } = process as unknown as { moduleLoadList: readonly string[] };
  if (moduleLoadList.includes(`NativeModule ${module}`)) return false;
  const target = nodeFs as unknown as Record<string, unknown>;
  const before = Object.keys(PARTS)
    .filter((name) => typeof original[name as keyof typeof original] === "function")
    .map((name) => [name, Object.getOwnPropertyDescriptor(target, name)] as const);
  try {
    for (const [name, descriptor] of before) {
      Object.defineProperty(target, name, { ...descriptor, value: partOf(name) });
    }
    load();
    return true;
  } catch (error) {
    if (error instanceof TypeError) return false; // somebody's Object.freeze(fs)
    throw error;
  } finally {
    for (const [name, descriptor] of before) {
      const now = Object.getOwnPropertyDescriptor(target, name);
      if (now?.value !== descriptor?.value) {
        Object.defineProperty(target, name, descriptor as PropertyDescriptor);
      }
    }
  }
}

function partOf(name: string): AnyFunction {
  const nodes = original[name as keyof typeof original] as unknown as AnyFunction;
  const part = either(nodes, PARTS[name] as AnyFunction);
  if (name !== REALPATH) return part;
  const native = either(
    original.realpathSync.native as AnyFunction,
    functions.realpathSync.native as AnyFunction,
  );
  return Object.assign(part, { native });
}

function either(nodes: AnyFunction, green: AnyFunction): AnyFunction {
  return function (this: unknown, ...args: unknown[]): unknown {
    const greenlet = mayBlock() ? getCurrent() : null;
    const chosen = greenlet !== null && inside.has(greenlet) ? green : nodes;
    return Reflect.apply(chosen, this, args);
  };
}
