import type { BlockingResponse } from "@greenlit/net";
import { net } from "./lazy-net.js";
import type { Ledger } from "@greenlit/core/ledger";

declare global {
  /** Node's `fetch` that returns the response instead of a promise. Blocks only the greenlet. */
  function fetchSync(input: string | URL | Request, init?: RequestInit): BlockingResponse;
}

/** `fetchSync`: on Node's own `fetch`, whose Request, Headers and FormData are the global ones. */
export function patchFetch(ledger: Ledger): void {
  const { fetch } = globalThis;
  ledger.put(
    "patch",
    "globalThis",
    "fetchSync",
    globalThis,
    function fetchSync(input: string | URL | Request, init?: RequestInit): BlockingResponse {
      return net().blockingFetch(fetch, input, init);
    },
  );
}
