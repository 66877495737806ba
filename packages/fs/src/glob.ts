import type { Dirent } from "node:fs";
import { blocker } from "@greenlit/core/blocking-call";
import { giveParts, withParts } from "./node-parts.js";
import { original } from "./original.js";

/** As those of Node's; which there are depends on its release. */
export interface GlobOptions {
  readonly cwd?: string | URL | undefined;
  readonly exclude?: ((entry: never) => boolean) | readonly string[] | undefined;
  readonly withFileTypes?: boolean | undefined;
  readonly followSymlinks?: boolean | undefined;
  readonly maxDepth?: number | undefined;
}
type Pattern = string | readonly string[];
type GlobSync = (pattern: Pattern, options?: GlobOptions) => string[];

/**
 * `fs.globSync`, which came with Node 22.
 *
 * Where Node's own was used before the first call of this one, without a patch, its code has kept
 * what blocks: then it blocks here, too.
 */
export function globSync(
  pattern: Pattern,
  options: GlobOptions & { readonly withFileTypes: true },
): Dirent[];
export function globSync(pattern: Pattern, options?: GlobOptions): string[];
export function globSync(pattern: Pattern, options?: GlobOptions): string[] | Dirent[] {
  blocker("fs.globSync");
  const { globSync: nodes } = original as unknown as { globSync?: GlobSync };
  if (nodes === undefined) {
    throw new TypeError(
      `fs.globSync is not there: Node ${process.version} has none; use Node 22 or later`,
    );
  }
  if (!asked) giveParts("internal/fs/glob", () => void nodes([]));
  asked = true;
  return withParts(() => nodes(pattern, options));
}

let asked = false;
