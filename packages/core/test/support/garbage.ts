import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Collects garbage until `gone` says so, over some turns of the loop; false if it never does. */
export async function collectUntil(gone: () => boolean): Promise<boolean> {
  for (let i = 0; i < 10; i++) {
    // A WeakRef that was just read keeps its target until the job has ended.
    await new Promise((resolve) => setImmediate(resolve));
    gc();
    if (gone()) return true;
  }
  return false;
}
