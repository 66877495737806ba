import nodeFs from "node:fs";
import Module from "node:module";
import * as cooperative from "@greenlit/fs";
import type { Ledger } from "@greenlit/core/ledger";
import { unlessAlone } from "./alone.js";
import { atomicLoad } from "./module-load.js";
import { mimic } from "./mimic.js";
import { type AnyFunction, shim } from "./shim.js";
import { type Reader, READERS, readingStdin } from "./stdin.js";

/** Every `fs.*Sync` that @greenlit/fs has, and `require`, which uses them, kept atomic. */
export function patchFs(ledger: Ledger): void {
  openStandardStreams();
  // @types/node does not declare Module._load; every version of Node has it, and tools rely on
  //   replacing it.
  const loader = Module as unknown as { _load: Parameters<typeof atomicLoad>[0] };
  ledger.put("patch", "module", "_load", loader, mimic(atomicLoad(loader._load), loader._load));
  for (const [name, green] of Object.entries(cooperative)) {
    if (name === "realpathSync") continue;
    const nodes = (nodeFs as unknown as Record<string, AnyFunction | undefined>)[name];
    if (nodes === undefined) continue; // this Node is older
    const replacement = READERS.includes(name as Reader)
      ? readingStdin(name as Reader, nodes, green)
      : green;
    ledger.put("patch", "fs", name, nodeFs, shim(nodes, unlessAlone(name, nodes, replacement)));
  }
  const { realpathSync } = nodeFs;
  const { native } = cooperative.realpathSync;
  const replacement = shim(
    realpathSync,
    unlessAlone("realpathSync", realpathSync, cooperative.realpathSync),
  );
  replacement.native = shim(
    realpathSync.native,
    unlessAlone("realpathSync.native", realpathSync.native, native),
  );
  ledger.put("patch", "fs", "realpathSync", nodeFs, replacement);
}

/**
 * A stdout or stderr that is a file writes with whatever `fs.writeSync` is when the stream is first
 * used. Use it now, so that it keeps Node's: `console.log` must not switch, and what is printed
 * before `process.exit` must be in the file.
 */
function openStandardStreams(): void {
  for (const [fd, open] of [
    [1, () => process.stdout],
    [2, () => process.stderr],
  ] as const) {
    try {
      // In numbers, what is known of a pipe would stay where `realpathSync` looks, which then takes
      // the next link for one.
      if (nodeFs.fstatSync(fd, { bigint: true }).isFile()) open();
    } catch {
      // The descriptor is closed: nothing will be printed.
    }
  }
}
