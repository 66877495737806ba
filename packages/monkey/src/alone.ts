// File functions in a main module that is alone: no other greenlet lives, and it has not waited
// yet. Nobody could run meanwhile but callbacks of its own, which do not expect to be called in the
// middle of its synchronous code. So Node's own function is called, which is also faster.

import fs, { type BigIntStats, type PathLike } from "node:fs";
import { config } from "@greenlit/core";
import { isAlone } from "@greenlit/core/blocking-call";
import type { AnyFunction } from "./shim.js";

/** These wait for whoever is at the other end, if what they are given is no file or folder. */
const MAY_WAIT: ReadonlySet<string> = new Set([
  "appendFileSync",
  "copyFileSync",
  "openSync",
  "readFileSync",
  "readSync",
  "readvSync",
  "writeFileSync",
  "writeSync",
  "writevSync",
]);

/**
 * `green`, except where nobody gains by it.
 * @param nodes Node's own function of that name.
 */
export function unlessAlone(name: string, nodes: AnyFunction, green: AnyFunction): AnyFunction {
  const waits = MAY_WAIT.has(name);
  return function (this: unknown, ...args: unknown[]): unknown {
    const own = config.filesAtOnce && isAlone() && !(waits && mayWait(args[0]));
    return Reflect.apply(own ? nodes : green, this, args);
  };
}

// As they were before the patch, whatever the program makes of `fs`.
const { statSync, fstatSync } = fs;

/** Whether it is a pipe, a socket or a device. What is refused is left to Node's own. */
function mayWait(file: unknown): boolean {
  try {
    // In numbers, the answer would lie where `realpathSync` looks for links.
    const found: BigIntStats | undefined =
      typeof file === "number"
        ? fstatSync(file, { bigint: true })
        : statSync(file as PathLike, { bigint: true, throwIfNoEntry: false });
    return found !== undefined && !found.isFile() && !found.isDirectory();
  } catch {
    return false;
  }
}
