import { blockingFetch, type BlockingResponse } from "@greenlit/net";
import type { Ledger } from "./ledger.js";

declare global {
  /** Node's `fetch` that returns the response instead of a promise. Blocks only the greenlet. */
  function fetchSync(input: string | URL | Request, init?: RequestInit): BlockingResponse;
}

/** `fetchSync`: on Node's own `fetch`, whose Request, Headers and FormData are the global ones. */
export function patchFetch(ledger: Ledger): void {
  const { fetch } = globalThis;
  ledger.put(
    "globalThis",
    "fetchSync",
    globalThis,
    function fetchSync(input: string | URL | Request, init?: RequestInit): BlockingResponse {
      return blockingFetch(fetch, input, init);
    },
  );
}
