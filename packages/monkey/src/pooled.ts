import { Waiter } from "@greenlit/core";
import type { AnyFunction } from "./shim.js";

/** How one of Node's blocking functions that calculate is made of its asynchronous form. */
export interface PoolForm {
  /**
   * Begins the work in Node's thread pool. Throws what it does not take before anything begins.
   */
  readonly start: (args: readonly unknown[], done: Done) => unknown;
  /**
   * Whether the work is so small that leaving the thread would cost more than it does, or of a kind
   * that the asynchronous form does differently.
   */
  readonly stays: (args: readonly unknown[]) => unknown;
  /**
   * Work that fails does so at once, and Node's own tells more of it: it is called again. Otherwise
   * the errors of both are the same.
   */
  readonly failsAtOnce: boolean;
}

export type Done = (error: Error | null | undefined, result?: unknown) => void;

/**
 * The cooperative form of a function that calculates. What is refused is left to Node's own, which
 * says in its own words why.
 * @param what the call, for dumps and errors.
 */
export function pooled(what: string, nodes: AnyFunction, form: PoolForm): AnyFunction {
  const { start, stays, failsAtOnce } = form;
  return function blocking(this: unknown, ...args: never[]): unknown {
    let failure: Error | null | undefined;
    let waiter: Waiter<unknown> | undefined;
    try {
      if (!stays(args)) {
        const started = new Waiter<unknown>(what);
        start(args, (error, result) => {
          failure = error;
          started.switch(result);
        });
        waiter = started;
      }
    } catch {
      // Node's own says it.
    }
    const result = waiter?.wait();
    if (waiter === undefined || (failure && failsAtOnce)) return Reflect.apply(nodes, this, args);
    if (!failure) return result;
    moveHere(failure, blocking);
    throw failure;
  };
}

/** As if the error had been thrown here. It keeps its first line: Node's has a code in it. */
function moveHere(error: Error, below: AnyFunction): void {
  const here = { stack: "" };
  Error.captureStackTrace(here, below);
  const [heading = ""] = error.stack?.split("\n    at ", 1) ?? [];
  const frames = here.stack.indexOf("\n    at ");
  error.stack = heading + (frames < 0 ? "" : here.stack.slice(frames));
}

/** The size of data in bytes, of a string in characters; 0 for what is neither. */
export function lengthOf(data: unknown): number {
  if (typeof data === "string") return data.length;
  return ArrayBuffer.isView(data) || data instanceof ArrayBuffer ? data.byteLength : 0;
}
