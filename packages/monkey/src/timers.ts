import nodeTimers from "node:timers";
import { sleep } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";

declare module "timers" {
  /**
   * Waits for `delay` milliseconds. Blocks only the greenlet. The blocking twin of `setTimeout` of
   * `node:timers/promises`.
   */
  function setTimeoutSync<T = void>(delay?: number, value?: T): T;
}

/** `timers.setTimeoutSync`. */
export function patchTimers(ledger: Ledger): void {
  ledger.put("patch", "timers", "setTimeoutSync", nodeTimers, function setTimeoutSync<
    T,
  >(delay = 1, value?: T) {
    sleep(delay);
    return value;
  });
}
