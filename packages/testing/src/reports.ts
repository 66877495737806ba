import { getHub, type Greenlet } from "@greenlit/core";
import { turns } from "./turns.js";

/**
 * Calls `fn` with `onError` of the hub replaced.
 * @returns what was reported meanwhile and in the two turns of the loop after it. Those greenlets
 *   count as observed then.
 */
export async function reports(fn: () => Promise<void>): Promise<[name: string, error: unknown][]> {
  const hub = getHub();
  const { onError } = hub;
  const failed: Greenlet[] = [];
  const seen: [string, unknown][] = [];
  hub.onError = (greenlet, error) => {
    failed.push(greenlet);
    seen.push([greenlet.name, error]);
  };
  try {
    await fn();
    await turns(2);
  } finally {
    hub.onError = onError;
    // They have ended: this only says that somebody has asked.
    for (const greenlet of failed) greenlet.join();
  }
  return seen;
}
