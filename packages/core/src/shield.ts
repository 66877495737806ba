import { BlockingSwitchOutError } from "./errors.js";
import { hub } from "./hub.js";

/**
 * Calls `fn` out of reach of kills and Timeouts, for clean-up that must block; what came meanwhile is
 * thrown at the next blocking call after it. A kill with a `grace` comes through when that has passed.
 */
export function shield<T>(fn: () => T): T {
  const greenlet = hub.current;
  if (greenlet === null) throw new BlockingSwitchOutError("shield");
  greenlet.shields++;
  try {
    return fn();
  } finally {
    greenlet.shields--;
  }
}
