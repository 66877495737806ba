import { getHub } from "@greenlit/core";
import { turns } from "./turns.js";

/**
 * Calls `fn` with `onError` of the hub replaced.
 * @returns what was reported meanwhile and in the two turns of the loop after it. Those greenlets count as observed.
 */
export async function reports(fn: () => Promise<void>): Promise<[name: string, error: unknown][]> {
  const hub = getHub();
  const { onError } = hub;
  const seen: [string, unknown][] = [];
  hub.onError = (greenlet, error) => {
    greenlet.join(); // it has ended; this only says that somebody has asked
    seen.push([greenlet.name, error]);
  };
  try {
    await fn();
    await turns(2);
  } finally {
    hub.onError = onError;
  }
  return seen;
}
