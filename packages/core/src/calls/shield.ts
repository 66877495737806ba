import { BlockingSwitchOutError } from "../errors.js";
import { hub } from "../hub/hub.js";
import { settled } from "../hub/promises.js";
import { checkFunction } from "../wait-options.js";

/**
 * Calls `fn` and keeps kills and Timeouts away from it, for clean-up that must block. What came
 * meanwhile is thrown at the next blocking call after the shield. A kill with a `grace` comes
 * through when the grace has passed. If `fn` returns a promise, blocks until it is settled, under
 * the shield.
 * @throws BlockingSwitchOutError outside a greenlet; TypeError when `fn` is no function.
 */
export function shield<T>(fn: () => T | Promise<T>): T {
  checkFunction("fn", fn, "shield(() => ...)");
  const greenlet = hub.current;
  if (greenlet === null) throw new BlockingSwitchOutError("shield");
  greenlet.shields++;
  try {
    return settled("shield", fn());
  } finally {
    greenlet.shields--;
  }
}
