import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** V8's other threads hold what they compile: on a busy machine for a while. */
const PATIENCE = 20_000;

/**
 * Collects garbage until `gone` says so, over turns of the loop; false if it does not in 20 s.
 */
export async function collectUntil(gone: () => boolean): Promise<boolean> {
  for (const end = performance.now() + PATIENCE; performance.now() < end;) {
    // A WeakRef that was just read keeps its target until the job has ended.
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    if (gone()) return true;
  }
  return false;
}
