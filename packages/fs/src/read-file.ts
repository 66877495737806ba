import type { BigIntStats, PathLike, Stats } from "node:fs";
import { readWhole } from "@greenlit/backend/files";
import { plainEncoding } from "./at-once.js";
import { original } from "./original.js";

/** The largest single read: between two of them other work of the thread pool gets its turn. */
const CHUNK = 512 * 1024;

type Callback = (error: NodeJS.ErrnoException | null, result?: Buffer | string) => void;

/** `fs.readFile` with the errors of `fs.readFileSync`. */
export function readFile(path: unknown, options: unknown, callback: Callback): void {
  if (typeof path === "number") {
    readDescriptor(path, options, callback);
    return;
  }
  const encoding = plainEncoding(options);
  if (typeof path !== "string" || encoding === null) return readByNode(path, options, callback);
  readWhole(path, (data) => {
    if (data === null) readByNode(path, options, callback);
    else callback(null, encoding === undefined ? data : data.toString(encoding));
  });
}

function readByNode(path: unknown, options: unknown, callback: Callback): void {
  original.readFile(path as PathLike, options as null, (error, data) => {
    // Node 26 adds the path to what read(2) says, but not in the blocking form.
    if (error?.syscall === "read" && error.path !== undefined) {
      error.message = error.message.replace(` '${error.path}'`, "");
      delete error.path;
    }
    callback(error, data);
  });
}

/**
 * `fs.readFile` on a descriptor. Node's own (20 to 26, lib/internal/fs/read/context.js) loses
 * errors there: a failed read is reported as an empty file, a failed fstat as a TypeError about a
 * "list".
 */
function readDescriptor(fd: number, options: unknown, callback: Callback): void {
  const encoding = validEncoding(options);
  const chunks: Buffer[] = [];
  let left = Infinity;

  original.fstat(fd, (error: NodeJS.ErrnoException | null, stats?: Stats | BigIntStats) => {
    if (error) return callback(error);
    // Files in /proc say that they are empty; pipes and terminals have no size.
    if (stats?.isFile() === true && stats.size > 0) left = Number(stats.size);
    next();
  });

  function next(): void {
    const buffer = Buffer.allocUnsafeSlow(Math.min(left, CHUNK));
    original.read(fd, buffer, 0, buffer.length, null, (error, size) => {
      if (error) return callback(error);
      chunks.push(buffer.subarray(0, size));
      left -= size;
      if (size > 0 && left > 0) return next();
      const all = Buffer.concat(chunks);
      callback(null, encoding === undefined ? all : all.toString(encoding));
    });
  }
}

/**
 * @throws Node's errors for wrong options, by asking Node to read with them and to abort before it
 *   does anything.
 */
function validEncoding(options: unknown): BufferEncoding | undefined {
  if (options === undefined || options === null) return undefined;
  const signal = AbortSignal.abort();
  const given = typeof options === "string" ? { encoding: options } : options;
  const probe = typeof given === "object" ? { ...given, signal } : given;
  original.readFile("", probe as { encoding: BufferEncoding }, () => {});
  const { encoding } = given as { encoding?: BufferEncoding | "buffer" | null };
  return encoding === null || encoding === "buffer" ? undefined : encoding;
}
