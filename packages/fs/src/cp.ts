import type { CopySyncOptions } from "node:fs";
import { blocker } from "@greenlit/core/blocking-call";
import { copyInThread } from "./copy-thread.js";
import { lstatSync, statSync } from "./functions.js";
import { giveParts, withParts } from "./node-parts.js";
import { original } from "./original.js";

/** Up to so many bytes a file is copied before a thread would have started. */
const SMALL = 1024 * 1024;

/** From Node 22 on, folders are copied, and files replaced, by native code that blocks. */
const IS_NATIVE = Number.parseInt(process.versions.node, 10) >= 22;

/**
 * `fs.cpSync`. What Node does in JavaScript is done with cooperative parts; what it does natively,
 * in a thread of its own: whole folders, and files of some size that are there already. With a
 * `filter` all is done here, and a file that replaces another one is copied on the thread.
 */
export function cpSync(src: string | URL, dest: string | URL, options?: CopySyncOptions): void {
  blocker("fs.cpSync");
  ready ??= giveParts("internal/fs/cp/cp-sync", () => check("/", "/", {}));
  const own = (): void => original.cpSync(src, dest, options);
  const filtered = options?.filter !== undefined;
  if (!filtered) check(src, dest, options);
  if (filtered || (ready && !IS_NATIVE) || !(isPath(src) && isPath(dest))) return withParts(own);
  if (ready && !isLarge(src, dest, options)) return withParts(own);
  copyInThread(src, dest, options, own);
}

/** Whether Node's code has cooperative parts. */
let ready: boolean | undefined;

/** Throws what Node says of wrong arguments; copies nothing. */
function check(src: string | URL, dest: string | URL, options: CopySyncOptions | undefined): void {
  const valid = options === undefined || (typeof options === "object" && options !== null);
  original.cpSync(src, dest, valid ? { ...options, filter: () => false } : options);
}

function isPath(path: unknown): path is string | URL {
  return typeof path === "string" || path instanceof URL;
}

/** Whether there is native code in it that takes its time. */
function isLarge(
  src: string | URL,
  dest: string | URL,
  { dereference = false, recursive = false }: CopySyncOptions = {},
): boolean {
  const stat = dereference ? statSync : lstatSync;
  const source = stat(src, { throwIfNoEntry: false });
  if (source === undefined) return false;
  if (source.isDirectory()) return recursive;
  return source.size > SMALL && lstatSync(dest, { throwIfNoEntry: false }) !== undefined;
}
