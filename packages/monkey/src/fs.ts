import nodeFs from "node:fs";
import Module from "node:module";
import * as cooperative from "@greenlit/fs";
import type { Ledger } from "./ledger.js";
import { atomicLoad } from "./module-load.js";
import { mimic, shim } from "./shim.js";

/** Every `fs.*Sync` that @greenlit/fs has, and `require`, which uses them, kept atomic. */
export function patchFs(ledger: Ledger): void {
  openStandardStreams();
  // @types/node does not declare Module._load; every version of Node has it, and tools rely on replacing it.
  const loader = Module as unknown as { _load: Parameters<typeof atomicLoad>[0] };
  ledger.put("module", "_load", loader, mimic(atomicLoad(loader._load), loader._load));
  for (const [name, green] of Object.entries(cooperative)) {
    if (name === "realpathSync") continue;
    const nodes = nodeFs[name as keyof typeof cooperative] as () => unknown;
    ledger.put("fs", name, nodeFs, shim(nodes, green));
  }
  const { realpathSync } = nodeFs;
  const replacement = shim(realpathSync, cooperative.realpathSync);
  replacement.native = shim(realpathSync.native, cooperative.realpathSync.native);
  ledger.put("fs", "realpathSync", nodeFs, replacement);
}

/**
 * A stdout or stderr that is a file writes with whatever `fs.writeSync` is when the stream is first used. Use it now, so that it keeps
 * Node's: `console.log` must not switch, and what is printed before `process.exit` must be in the file.
 */
function openStandardStreams(): void {
  for (const [fd, open] of [
    [1, () => process.stdout],
    [2, () => process.stderr],
  ] as const) {
    try {
      if (nodeFs.fstatSync(fd).isFile()) open();
    } catch {
      // The descriptor is closed: nothing will be printed.
    }
  }
}
