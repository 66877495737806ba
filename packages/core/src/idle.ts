import { hub } from "./hub.js";
import { Waiter } from "./waiter.js";

/** Blocks until no other greenlet is ready and I/O has had its turn: for work that should disturb nobody. */
export function idle(): void {
  do {
    const waiter = new Waiter("idle");
    const turn = setImmediate(() => waiter.switch());
    try {
      waiter.wait();
    } finally {
      clearImmediate(turn);
    }
  } while (hub.busy);
}
