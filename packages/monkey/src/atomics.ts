import { Waiter } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";
import { shim } from "./shim.js";

/** Not yet in the library that TypeScript is told to use. */
type WaitAsync = (...args: unknown[]) => { async: boolean; value: string | Promise<string> };

/** The longest that a timer of Node's can take, in milliseconds. */
const LONG = 2 ** 31 - 1;

/** `Atomics.wait`. */
export function patchAtomics(ledger: Ledger): void {
  const { waitAsync } = Atomics as unknown as { waitAsync: WaitAsync };
  const nodes = Atomics.wait as (...args: unknown[]) => string;
  const green = (...args: unknown[]): string => {
    const waiter = new Waiter<string>("Atomics.wait");
    let wait: ReturnType<WaitAsync>;
    try {
      wait = waitAsync(...args);
    } catch {
      return nodes(...args); // which refuses them, too
    }
    if (typeof wait.value === "string") return wait.value;
    let left = false;
    void wait.value.then((value) => {
      // Who was woken and is not there any more leaves it to the next one.
      if (left && value === "ok") Atomics.notify(args[0] as Int32Array, args[1] as number, 1);
      waiter.wake(value);
    });
    // V8 waits without the loop, which would end.
    const alive = setInterval(() => {}, LONG);
    try {
      return waiter.wait();
    } finally {
      left = true;
      clearInterval(alive);
    }
  };
  ledger.put("patch", "globalThis", "Atomics.wait", Atomics, shim(nodes, green));
}
