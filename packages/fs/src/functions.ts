import type * as fs from "node:fs";
import { whenQuiet } from "./abandoned.js";
import { arrangeRead, arrangeWrite } from "./arguments.js";
import * as once from "./at-once.js";
import { cooperative } from "./cooperative.js";
import { original } from "./original.js";
import { readFile } from "./read-file.js";

// One row per function. A function whose callback form takes the same arguments needs only their
// number.

/**
 * `{ throwIfNoEntry: false }`: a missing file is a result, not an error. Whether a path below a
 * file counts as missing differs between releases of Node (22: yes; 20 and 24: no): there, Node is
 * asked; the kernel has just looked that path up.
 */
const missing =
  (nodes: typeof fs.statSync) =>
  (error: NodeJS.ErrnoException, [path, options]: readonly unknown[]): unknown => {
    const optional = (options as fs.StatSyncOptions | undefined)?.throwIfNoEntry === false;
    if (optional && error.code === "ENOENT") return undefined;
    if (optional && error.code === "ENOTDIR") {
      return nodes(path as fs.PathLike, options as fs.StatSyncOptions);
    }
    throw error;
  };

/** Nobody waits for the answer: the descriptor or folder is of no use to anybody. */
const ignore = (): void => {};

// Whole files
export const readFileSync: typeof fs.readFileSync = cooperative("readFileSync", {
  atOnce: once.readWhole,
  arity: 2,
  callback: (path, options, callback) => readFile(path, options, callback as never),
});
export const writeFileSync: typeof fs.writeFileSync = cooperative("writeFileSync", {
  atOnce: once.writeWhole,
  arity: 3,
});
export const appendFileSync: typeof fs.appendFileSync = cooperative("appendFileSync", {
  atOnce: once.writeWhole,
  arity: 3,
});
export const copyFileSync: typeof fs.copyFileSync = cooperative("copyFileSync", { arity: 3 });
export const truncateSync: typeof fs.truncateSync = cooperative("truncateSync", { arity: 2 });

// What a path is
export const statSync: typeof fs.statSync = cooperative("statSync", {
  atOnce: once.whole,
  arity: 2,
  rescue: missing(original.statSync),
});
export const lstatSync: typeof fs.lstatSync = cooperative("lstatSync", {
  atOnce: once.link,
  arity: 2,
  rescue: missing(original.lstatSync as typeof fs.statSync),
});
export const statfsSync: typeof fs.statfsSync = cooperative("statfsSync", { arity: 2 });
export const accessSync: typeof fs.accessSync = cooperative("accessSync", {
  atOnce: once.whole,
  arity: 2,
});
export const existsSync: typeof fs.existsSync = cooperative("existsSync", {
  atOnce: once.whole,
  arity: 1,
  callback: (path, callback) =>
    original.access(path as fs.PathLike, callback as fs.NoParamCallback),
  result: () => true,
  rescue: () => false,
});
export const realpathSync: typeof fs.realpathSync = Object.assign(
  cooperative("realpathSync", { atOnce: once.whole, arity: 2 }),
  {
    native: Object.defineProperty(
      cooperative("realpathSync", { arity: 2, callback: original.realpath.native as never }),
      "name",
      { value: original.realpathSync.native.name, configurable: true },
    ) as typeof fs.realpathSync.native,
  },
);
export const readlinkSync: typeof fs.readlinkSync = cooperative("readlinkSync", {
  atOnce: once.link,
  arity: 2,
});

// Directories
export const readdirSync: typeof fs.readdirSync = cooperative("readdirSync", {
  atOnce: once.readFolder,
  arity: 2,
});
export const mkdirSync: typeof fs.mkdirSync = cooperative("mkdirSync", {
  atOnce: once.makeFolder,
  arity: 2,
});
export const mkdtempSync: typeof fs.mkdtempSync = cooperative("mkdtempSync", {
  arity: 2,
  discard: (path: string | Buffer) => original.rmdir(path, ignore),
});
export const rmdirSync: typeof fs.rmdirSync = cooperative("rmdirSync", {
  atOnce: once.kinds("folder"),
  arity: 2,
});
export const rmSync: typeof fs.rmSync = cooperative("rmSync", {
  atOnce: once.kinds("file"),
  arity: 2,
});

// Names
export const renameSync: typeof fs.renameSync = cooperative("renameSync", {
  atOnce: once.rename,
  arity: 2,
});
export const unlinkSync: typeof fs.unlinkSync = cooperative("unlinkSync", {
  atOnce: once.kinds("file", "missing"),
  arity: 1,
});
export const linkSync: typeof fs.linkSync = cooperative("linkSync", { arity: 2 });
export const symlinkSync: typeof fs.symlinkSync = cooperative("symlinkSync", { arity: 3 });

// Owners, permissions, times
export const chmodSync: typeof fs.chmodSync = cooperative("chmodSync", { arity: 2 });
export const fchmodSync: typeof fs.fchmodSync = cooperative("fchmodSync", { arity: 2 });
export const chownSync: typeof fs.chownSync = cooperative("chownSync", { arity: 3 });
export const fchownSync: typeof fs.fchownSync = cooperative("fchownSync", { arity: 3 });
export const lchownSync: typeof fs.lchownSync = cooperative("lchownSync", { arity: 3 });
export const utimesSync: typeof fs.utimesSync = cooperative("utimesSync", { arity: 3 });
export const futimesSync: typeof fs.futimesSync = cooperative("futimesSync", { arity: 3 });
export const lutimesSync: typeof fs.lutimesSync = cooperative("lutimesSync", { arity: 3 });

// Descriptors
export const openSync: typeof fs.openSync = cooperative("openSync", {
  atOnce: once.open,
  arity: 3,
  discard: (fd: number) => original.close(fd, ignore),
});
export const closeSync: typeof fs.closeSync = cooperative("closeSync", {
  atOnce: once.close,
  arity: 1,
  callback: (fd, callback) =>
    whenQuiet(fd, () => original.close(fd as number, callback as fs.NoParamCallback)),
});
export const readSync: typeof fs.readSync = cooperative("readSync", {
  atOnce: once.read,
  arity: 5,
  arrange: arrangeRead,
});
export const writeSync: typeof fs.writeSync = cooperative("writeSync", {
  atOnce: once.write,
  arity: 5,
  arrange: arrangeWrite,
});
export const readvSync: typeof fs.readvSync = cooperative("readvSync", { arity: 3 });
export const writevSync: typeof fs.writevSync = cooperative("writevSync", { arity: 3 });
export const fstatSync: typeof fs.fstatSync = cooperative("fstatSync", {
  atOnce: once.statOpen,
  arity: 2,
});
export const ftruncateSync: typeof fs.ftruncateSync = cooperative("ftruncateSync", { arity: 2 });
export const fsyncSync: typeof fs.fsyncSync = cooperative("fsyncSync", { arity: 1 });
export const fdatasyncSync: typeof fs.fdatasyncSync = cooperative("fdatasyncSync", { arity: 1 });
