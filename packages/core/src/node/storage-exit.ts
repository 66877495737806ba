import { AsyncLocalStorage } from "node:async_hooks";
import { ledger } from "../ledger.js";

/**
 * In Node 20 and 22 stores lie on resources, and `exit` switches the storage off for the whole
 * thread while its function runs. If that function blocks, all other greenlets lose their stores.
 * So there `exit` is replaced by what it is in newer Nodes.
 */
export function exitAloneFromStorages(): void {
  const { prototype } = AsyncLocalStorage;
  if (!String(prototype.exit).includes("this.disable()")) return;
  const exit = function exit<R, A extends unknown[]>(
    this: AsyncLocalStorage<unknown>,
    callback: (...args: A) => R,
    ...args: A
  ): R {
    return this.run(undefined, callback, ...args);
  };
  ledger.put("core", "async_hooks", "AsyncLocalStorage.prototype.exit", prototype, exit);
}
