import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Where stores lie on resources (Node 20 and 22), `exit` switches the storage off for everybody while its
 * function runs: if that blocks, all others lose their stores. There it becomes what it is in newer Nodes.
 */
export function exitAloneFromStorages(): void {
  const { prototype } = AsyncLocalStorage;
  if (!String(prototype.exit).includes("this.disable()")) return;
  prototype.exit = function exit<R, A extends unknown[]>(
    this: AsyncLocalStorage<unknown>,
    callback: (...args: A) => R,
    ...args: A
  ): R {
    return this.run(undefined, callback, ...args);
  };
}
