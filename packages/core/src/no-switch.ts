import { hub } from "./hub.js";

/**
 * Calls `fn`, in which no other greenlet may run: a blocking call that would switch throws
 * InvalidSwitchError instead. So a critical section needs no lock, and proves it.
 * On the hub, where nothing can switch, it only calls `fn`.
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
