import { spawnSync, type SpawnSyncOptions } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Runs a program of test/programs in a Node of its own. */
export function program(
  name: string,
  options: SpawnSyncOptions = {},
): { code: number | null; out: string; err: string } {
  const path = fileURLToPath(new URL(`programs/${name}`, import.meta.url));
  const child = spawnSync(process.execPath, [path], {
    encoding: "utf8",
    timeout: 20_000,
    ...options,
  });
  return { code: child.status, out: String(child.stdout ?? ""), err: String(child.stderr ?? "") };
}
