import nodeEvents, { type EventEmitter } from "node:events";
import type { WaitOptions } from "@greenlit/core";
import type { Ledger } from "@greenlit/core/ledger";
import { awaiting } from "./awaiting.js";

declare module "events" {
  namespace EventEmitter {
    /**
     * Waits for the next event of that name, and returns its arguments. Throws what the emitter
     * emits as `error`. Blocks only the greenlet.
     */
    function onceSync(
      emitter: EventEmitter | EventTarget,
      name: string | symbol,
      options?: WaitOptions,
    ): unknown[];
  }
}

/** `events.onceSync`. */
export function patchEvents(ledger: Ledger): void {
  const { once } = nodeEvents;
  ledger.put(
    "patch",
    "events",
    "onceSync",
    nodeEvents,
    function onceSync(emitter: EventEmitter, name: string, options?: WaitOptions): unknown[] {
      return awaiting("events.onceSync", options, (signal) => once(emitter, name, { signal }));
    },
  );
}
