import { hub } from "../hub/hub.js";

/**
 * Calls `fn`, and lets no other greenlet run meanwhile: inside `fn`, a blocking call that would
 * switch throws InvalidSwitchError. So a critical section needs no lock. On the hub, where nothing
 * can switch, it only calls `fn`.
 */
export function noSwitch<T>(fn: () => T): T {
  const greenlet = hub.current;
  if (greenlet === null) return fn();
  greenlet.noSwitches++;
  try {
    return fn();
  } finally {
    greenlet.noSwitches--;
  }
}
