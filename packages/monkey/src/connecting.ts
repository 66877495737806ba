import type { EventEmitter } from "node:events";
import type { WaitOptions } from "@greenlit/core";
import { checkWait, Waiter } from "@greenlit/core/blocking-call";

/**
 * Waits until a connection is there.
 * @param ready the event that says so.
 * @throws its error; what interrupts the wait. Then it has been destroyed.
 */
export function connecting<C extends EventEmitter>(
  what: string,
  ready: string,
  options: WaitOptions,
  connect: () => C,
  destroy: (connection: C) => void,
): C {
  checkWait(what, options);
  const waiter = new Waiter(what);
  const connection = connect();
  const done = (): void => waiter.wake();
  const fail = (error: unknown): void => waiter.fail(error);
  const close = (): void => waiter.fail(new Error(`${what}: the connection was closed`));
  connection.once(ready, done).once("error", fail).once("close", close);
  try {
    waiter.wait(options);
  } catch (error) {
    connection.on("error", () => {}); // what it may still say, when nobody has it any more
    destroy(connection);
    throw error;
  } finally {
    connection.off(ready, done).off("error", fail).off("close", close);
  }
  return connection;
}
