// What the kernel has in memory of files: `@greenlit/backend/files`, for @greenlit/fs. Each answer
// is that of the moment, and waits for no disk and no other machine, unless it says so. Where there
// is no addon, or the kernel is older than Linux 5.12, nothing is in memory.
import { binding } from "./binding.js";

/** As long as what most files are, so that these need no memory of their own on the way. */
const SLAB_SIZE = 65_536;
let slab: Buffer | null = null;

/**
 * What stands at a path or a descriptor, on a file system of this machine. "missing": nothing, or
 * nothing that may be reached. A "large" file is longer than 4 MiB. Null: it is not known.
 */
export type FileKind = "file" | "folder" | "other" | "missing" | "large" | null;

/** By the numbers of native/cached_files.cc. */
const KINDS: readonly FileKind[] = [null, "file", "folder", "other", "missing", "large"];
const ITSELF = 1;
const IN_MEMORY = 2;

/**
 * What the kernel's caches say stands at this path; null also where they do not say. When they do,
 * a call for what is known of it does not wait.
 *
 * @param follows whether a symbolic link stands for what it leads to.
 */
export function cachedKind(path: string, follows: boolean): FileKind {
  return kind(binding()?.kindAt(path, follows ? IN_MEMORY : IN_MEMORY | ITSELF));
}

/** What stands at this path. May wait for the disk. */
export function kindAt(path: string): FileKind {
  return kind(binding()?.kindAt(path, 0));
}

/** What an open descriptor is. */
export function kindOf(fd: number): FileKind {
  return kind(binding()?.kindOf(fd));
}

function kind(number = 0): FileKind {
  return KINDS[number] ?? null;
}

/**
 * A whole file, if all of it is in memory, and it is not longer than 4 MiB.
 *
 * @param encoding undefined: a buffer.
 * @param known whether a file of this machine stood there a moment ago: then no look is taken.
 * @returns null: it has to be read in another way; undefined: that cannot open it either.
 */
export function readCached(
  path: string,
  encoding: BufferEncoding | undefined,
  known: boolean,
): Buffer | string | null | undefined {
  const calls = binding();
  if (calls === null) return null;
  slab ??= Buffer.allocUnsafeSlow(SLAB_SIZE);
  const result = calls.readCached(path, slab, known ? 1 : 0);
  if (typeof result !== "number")
    return encoding === undefined ? result : result.toString(encoding);
  if (result < 0) return result === -1 ? null : undefined;
  if (encoding !== undefined) return slab.toString(encoding, 0, result);
  const data = Buffer.allocUnsafe(result);
  slab.copy(data, 0, 0, result);
  return data;
}

/**
 * Reads what read(2) would, if that waits for nothing.
 *
 * @param position -1: where the file stands.
 * @returns null, and nothing has happened: it has to be read in another way.
 */
export function readNow(
  fd: number,
  buffer: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number | null {
  const result = binding()?.readNow(fd, buffer, offset, length, position) ?? -1;
  return result < 0 ? null : result;
}

/**
 * Reads a whole file in one turn of the thread pool, where Node's way takes four. Calls back with
 * null where it cannot be read so: Node will find out why.
 */
export function readWhole(path: string, callback: (data: Buffer | null) => void): void {
  const result = binding()?.readWhole(path, (data) => {
    callback(typeof data === "number" ? null : data);
  });
  if (result !== 0) callback(null);
}
