import childProcess from "node:child_process";
import { getCurrent } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";
import { canRun, type Order, type Outcome, runChild } from "./child-run.js";
import { type AnyFunction, shim } from "./shim.js";

/** The native part of Node's `spawnSync`, on which its two brothers are built. */
interface Native {
  spawn(order: Order): Outcome;
}

/**
 * `execFileSync`, `execSync` and `spawnSync`. Under Node's permission model they stay Node's own,
 * because their native part is out of reach.
 */
export function patchChildProcess(ledger: Ledger): void {
  const native = nativePart();
  if (native === null) return;
  for (const name of ["execFileSync", "execSync", "spawnSync"] as const) {
    const nodes = childProcess[name] as AnyFunction;
    const green = cooperative(`child_process.${name}`, nodes, native);
    ledger.put("patch", "child_process", name, childProcess, shim(nodes, green));
  }
}

/**
 * Node's own function, which checks the arguments and makes results and errors as ever, with
 * another native part for as long as the call needs to get there.
 */
function cooperative(what: string, nodes: AnyFunction, native: Native): AnyFunction {
  return function (this: unknown, ...args: never[]): unknown {
    const greenlet = getCurrent();
    const { spawn } = native;
    // Reading the options may run code of the user's, which makes calls of its own.
    const ours = (order: Order): Outcome => {
      if (getCurrent() !== greenlet) return spawn(order);
      native.spawn = spawn;
      return canRun(order) ? runChild(what, order) : spawn(order);
    };
    native.spawn = ours;
    try {
      return Reflect.apply(nodes, this, args);
    } finally {
      if (native.spawn === ours) native.spawn = spawn;
    }
  };
}

function nativePart(): Native | null {
  // `--pending-deprecation` would warn of `process.binding`, and the program can do nothing for it.
  const before = Object.getOwnPropertyDescriptor(process, "noDeprecation");
  process.noDeprecation = true;
  try {
    return (process as unknown as { binding(name: string): Native }).binding("spawn_sync");
  } catch {
    return null;
  } finally {
    if (before === undefined) Reflect.deleteProperty(process, "noDeprecation");
    else Object.defineProperty(process, "noDeprecation", before);
  }
}
