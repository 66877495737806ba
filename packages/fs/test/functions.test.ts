import * as nodeFs from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { GreenletExit, run, sleep, spawn } from "@greenlit/core";
import { green } from "@greenlit/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import * as fs from "../src/index.js";

// Every case runs twice in equal folders, with Node's function and with ours; the two outcomes must
// be equal.

type Files = typeof fs;
type Case = (fs: Files, root: string) => unknown;

const base = nodeFs.mkdtempSync(join(tmpdir(), "greenlit-fs-"));
afterAll(() => nodeFs.rmSync(base, { recursive: true, force: true }));
let folders = 0;

/** A folder with one of each: a file, an empty one, folders, links good and broken. */
function folder(): string {
  const root = join(base, String((folders += 1)).padStart(5, "0"));
  nodeFs.mkdirSync(join(root, "dir/sub"), { recursive: true });
  nodeFs.mkdirSync(join(root, "empty"));
  nodeFs.writeFileSync(join(root, "file"), "hello wörld\n");
  nodeFs.writeFileSync(join(root, "dir/a"), "a");
  nodeFs.writeFileSync(join(root, "dir/sub/b"), "b");
  nodeFs.writeFileSync(join(root, "void"), "");
  nodeFs.symlinkSync("file", join(root, "link"));
  nodeFs.symlinkSync("nowhere", join(root, "broken"));
  nodeFs.symlinkSync("loop", join(root, "loop"));
  for (const name of ["file", "dir", "void"]) nodeFs.utimesSync(join(root, name), 1000, 2000);
  return root;
}

/** What a caller can see of a result or an error, without what differs between two folders. */
function visible(value: unknown, root: string): unknown {
  if (typeof value === "string")
    return value.replaceAll(root, "<root>").replace(/(tmp-)\w{6}/, "$1");
  if (Buffer.isBuffer(value)) return { buffer: visible(value.toString("latin1"), root) };
  if (Array.isArray(value)) return value.map((item) => visible(item, root));
  if (value instanceof nodeFs.Dirent) {
    return { name: value.name, folder: value.isDirectory(), link: value.isSymbolicLink() };
  }
  if (value instanceof Error) {
    const { name, message, stack } = value;
    const { code, errno, syscall, path, dest } = value as NodeJS.ErrnoException & { dest?: string };
    return visible(
      [name, message, code, errno, syscall, path, dest, stack?.split("\n    at")[0]],
      root,
    );
  }
  if (typeof value === "object" && value !== null && "mtimeMs" in value) {
    const { mode, nlink, size, uid, gid, mtimeMs } = value as nodeFs.Stats;
    return { mode, nlink, size, uid, gid, mtimeMs: Number(mtimeMs) < 1e7 ? mtimeMs : "now" };
  }
  if (typeof value === "object" && value !== null && "bsize" in value) return Object.keys(value);
  return value;
}

function outcome(test: Case, functions: Files, root: string): unknown {
  try {
    return { returned: visible(test(functions, root), root) };
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return { threw: visible(error, root) };
  }
}

/** The same work on an open descriptor. */
const opened =
  (flags: string, work: (fs: Files, fd: number, root: string) => unknown): Case =>
  (fs, root) => {
    const fd = nodeFs.openSync(join(root, "file"), flags);
    try {
      return work(fs, fd, root);
    } finally {
      nodeFs.closeSync(fd);
    }
  };

/** All of a folder, and the folder. */
function namesIn(dir: nodeFs.Dir): unknown {
  expect(dir).toBeInstanceOf(nodeFs.Dir);
  expect(Object.getPrototypeOf(dir)).toBe(nodeFs.Dir.prototype);
  const found: unknown[] = [];
  for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) found.push(entry);
  found.push(dir.readSync(), dir.path);
  dir.closeSync();
  return found;
}

const bad = (value: unknown): never => value as never;

const cases: Record<string, Record<string, Case>> = {
  readFileSync: {
    "a Buffer": (fs, r) => fs.readFileSync(join(r, "file")),
    "a string by encoding": (fs, r) => fs.readFileSync(join(r, "file"), "utf8"),
    "by options": (fs, r) => fs.readFileSync(join(r, "file"), { encoding: "latin1", flag: "r+" }),
    "a URL": (fs, r) => fs.readFileSync(pathToFileURL(join(r, "file")), "utf8"),
    "a Buffer path": (fs, r) => fs.readFileSync(Buffer.from(join(r, "file")), "hex"),
    "a descriptor, from where it stands": opened("r", (fs, fd) => {
      nodeFs.readSync(fd, Buffer.alloc(6));
      return fs.readFileSync(fd, "utf8");
    }),
    "a descriptor, as latin1": opened("r", (fs, fd) => fs.readFileSync(fd, { encoding: "latin1" })),
    "a descriptor, at its end": opened("a+", (fs, fd) => {
      nodeFs.readFileSync(fd);
      return fs.readFileSync(fd);
    }),
    "a descriptor of /proc": (fs) => {
      const fd = nodeFs.openSync("/proc/self/comm", "r");
      try {
        return fs.readFileSync(fd, "utf8");
      } finally {
        nodeFs.closeSync(fd);
      }
    },
    "a descriptor with an unknown encoding": opened("r", (fs, fd) =>
      fs.readFileSync(fd, bad("utf-7")),
    ),
    "an empty file": (fs, r) => fs.readFileSync(join(r, "void")),
    "of /proc, whose size is zero": (fs) => fs.readFileSync("/proc/self/comm", "utf8"),
    "no file": (fs, r) => fs.readFileSync(join(r, "none")),
    "a folder": (fs, r) => fs.readFileSync(join(r, "dir")),
    "a link to itself": (fs, r) => fs.readFileSync(join(r, "loop")),
    "no encoding of that name": (fs, r) => fs.readFileSync(join(r, "file"), bad("utf-7")),
    "no such flag": (fs, r) => fs.readFileSync(join(r, "file"), { flag: "z" }),
    "a number as options": (fs, r) => fs.readFileSync(join(r, "file"), bad(7)),
    "no path": (fs) => fs.readFileSync(bad(undefined)),
    "a zero byte in the path": (fs) => fs.readFileSync("a\0b"),
    "a closed descriptor": (fs) => fs.readFileSync(9999),
    "the descriptor of a folder": (fs, r) => {
      const fd = nodeFs.openSync(r, "r");
      try {
        return fs.readFileSync(fd);
      } finally {
        nodeFs.closeSync(fd);
      }
    },
    "a descriptor with wrong options": opened("r", (fs, fd) => fs.readFileSync(fd, bad(7))),
  },
  writeFileSync: {
    creates: (fs, r) => [
      fs.writeFileSync(join(r, "new"), "x"),
      nodeFs.readFileSync(join(r, "new")),
    ],
    replaces: (fs, r) => [
      fs.writeFileSync(join(r, "file"), Buffer.from("x"), { mode: 0o600 }),
      nodeFs.readFileSync(join(r, "file")),
    ],
    "with an encoding": (fs, r) => [
      fs.writeFileSync(join(r, "file"), "ff00", "hex"),
      nodeFs.readFileSync(join(r, "file"), "hex"),
    ],
    "a typed array": (fs, r) => [
      fs.writeFileSync(join(r, "file"), new Uint16Array([1, 2])),
      nodeFs.readFileSync(join(r, "file"), "hex"),
    ],
    exclusively: (fs, r) => fs.writeFileSync(join(r, "file"), "x", { flag: "wx" }),
    "into a folder that is not": (fs, r) => fs.writeFileSync(join(r, "none/x"), "x"),
    "an object": (fs, r) => fs.writeFileSync(join(r, "file"), bad({})),
    "to a descriptor": opened("r+", (fs, fd, r) => [
      fs.writeFileSync(fd, "J"),
      nodeFs.readFileSync(join(r, "file"), "utf8"),
    ]),
  },
  appendFileSync: {
    appends: (fs, r) => [
      fs.appendFileSync(join(r, "file"), "more"),
      nodeFs.readFileSync(join(r, "file"), "utf8"),
    ],
    "to a folder": (fs, r) => fs.appendFileSync(join(r, "dir"), "x"),
    nothing: (fs, r) => fs.appendFileSync(join(r, "file"), bad(undefined)),
  },
  copyFileSync: {
    copies: (fs, r) => [
      fs.copyFileSync(join(r, "file"), join(r, "copy")),
      nodeFs.readFileSync(join(r, "copy"), "utf8"),
    ],
    exclusively: (fs, r) =>
      fs.copyFileSync(join(r, "file"), join(r, "void"), nodeFs.constants.COPYFILE_EXCL),
    "no file": (fs, r) => fs.copyFileSync(join(r, "none"), join(r, "x")),
    "a mode out of range": (fs, r) => fs.copyFileSync(join(r, "file"), join(r, "x"), 99),
  },
  cpSync: {
    "a file": (fs, r) => [
      fs.cpSync(join(r, "file"), join(r, "new/copy")),
      nodeFs.readFileSync(join(r, "new/copy"), "utf8"),
    ],
    "over a file": (fs, r) => [
      fs.cpSync(join(r, "file"), join(r, "void"), { preserveTimestamps: true }),
      nodeFs.statSync(join(r, "void")),
    ],
    "a large file over another": (fs, r) => {
      nodeFs.writeFileSync(join(r, "large"), Buffer.alloc(2 ** 21));
      fs.cpSync(join(r, "large"), join(r, "file"));
      return nodeFs.statSync(join(r, "file")).size;
    },
    "a folder": (fs, r) => [
      fs.cpSync(join(r, "dir"), join(r, "copy"), { recursive: true }),
      nodeFs.readdirSync(join(r, "copy"), { recursive: true }).sort(),
    ],
    "a folder over itself, by URL": (fs, r) => [
      fs.cpSync(pathToFileURL(join(r, "dir")), pathToFileURL(join(r, "empty")), {
        recursive: true,
        verbatimSymlinks: true,
      }),
      nodeFs.readdirSync(join(r, "empty"), { recursive: true }).sort(),
    ],
    "what a filter lets through": (fs, r) => {
      const asked: string[] = [];
      const filter = (path: string): boolean => {
        asked.push(path);
        return !path.endsWith("sub");
      };
      fs.cpSync(join(r, "dir"), join(r, "copy"), { recursive: true, filter });
      return [asked, nodeFs.readdirSync(join(r, "copy"))];
    },
    "a filter that throws": (fs, r) =>
      fs.cpSync(join(r, "dir"), join(r, "copy"), {
        recursive: true,
        filter: () => {
          throw new Error("mine");
        },
      }),
    "a filter that promises": (fs, r) =>
      fs.cpSync(join(r, "file"), join(r, "copy"), { filter: bad(async () => true) }),
    "a link": (fs, r) => [
      fs.cpSync(join(r, "link"), join(r, "copy")),
      nodeFs.readlinkSync(join(r, "copy")),
    ],
    "a link's file": (fs, r) => [
      fs.cpSync(join(r, "link"), join(r, "copy"), { dereference: true }),
      nodeFs.readFileSync(join(r, "copy"), "utf8"),
    ],
    "a folder that is there": (fs, r) => {
      const options = { recursive: true, force: false, errorOnExist: true };
      return fs.cpSync(join(r, "dir"), join(r, "empty"), options);
    },
    "a file that is there": (fs, r) =>
      fs.cpSync(join(r, "file"), join(r, "void"), { force: false, errorOnExist: true }),
    "a folder into itself": (fs, r) =>
      fs.cpSync(join(r, "dir"), join(r, "dir/sub/x"), { recursive: true }),
    "to itself": (fs, r) => fs.cpSync(join(r, "dir"), join(r, "dir"), { recursive: true }),
    "a folder, not recursively": (fs, r) => fs.cpSync(join(r, "dir"), join(r, "copy")),
    "a folder to a file": (fs, r) =>
      fs.cpSync(join(r, "dir"), join(r, "file"), { recursive: true }),
    "a file to a folder": (fs, r) => fs.cpSync(join(r, "file"), join(r, "dir")),
    "no file": (fs, r) => fs.cpSync(join(r, "none"), join(r, "copy")),
    "with a mode": (fs, r) =>
      fs.cpSync(join(r, "file"), join(r, "void"), {
        mode: nodeFs.constants.COPYFILE_EXCL,
        force: false,
      }),
    "wrong options": (fs, r) => fs.cpSync(join(r, "file"), join(r, "copy"), bad(7)),
    "a wrong option": (fs, r) =>
      fs.cpSync(join(r, "dir"), join(r, "copy"), { recursive: bad("yes") }),
    "no path": (fs, r) => fs.cpSync(join(r, "file"), bad(undefined)),
  },
  globSync: {
    names: (fs, r) => fs.globSync("**/*", { cwd: r }),
    "two patterns": (fs, r) => fs.globSync(["dir/*", "{file,void}"], { cwd: r }),
    "no pattern that matches": (fs, r) => fs.globSync("*.none", { cwd: r }),
    "no folder": (fs, r) => fs.globSync("*", { cwd: join(r, "none") }),
    "what is not excluded": (fs, r) =>
      fs.globSync("**/*", { cwd: r, exclude: (name: unknown) => String(name).endsWith("sub") }),
    entries: (fs, r) => fs.globSync("dir/**", { cwd: r, withFileTypes: true }),
    "an absolute pattern": (fs, r) => fs.globSync(join(r, "d*/a")),
    "a number": (fs) => fs.globSync(bad(7)),
    "a wrong folder": (fs) => fs.globSync("*", { cwd: bad(7) }),
  },
  truncateSync: {
    "to nothing": (fs, r) => [
      fs.truncateSync(join(r, "file")),
      nodeFs.statSync(join(r, "file")).size,
    ],
    "to a length": (fs, r) => [
      fs.truncateSync(join(r, "file"), 3),
      nodeFs.statSync(join(r, "file")).size,
    ],
    "no file": (fs, r) => fs.truncateSync(join(r, "none"), 3),
    "to a fraction": (fs, r) => fs.truncateSync(join(r, "file"), 1.5),
  },
  statSync: {
    "a file": (fs, r) => fs.statSync(join(r, "file")),
    "through a link": (fs, r) => fs.statSync(join(r, "link")),
    "as bigint": (fs, r) => fs.statSync(join(r, "file"), { bigint: true }),
    "no file": (fs, r) => fs.statSync(join(r, "none")),
    "no file, no error": (fs, r) => fs.statSync(join(r, "none"), { throwIfNoEntry: false }),
    "below a file, no error asked for": (fs, r) =>
      fs.statSync(join(r, "file/x"), { throwIfNoEntry: false }),
    "a broken link": (fs, r) => fs.statSync(join(r, "broken"), { throwIfNoEntry: true }),
    "a number": (fs) => fs.statSync(bad(3)),
  },
  lstatSync: {
    "a broken link": (fs, r) => fs.lstatSync(join(r, "broken")),
    "no file, no error": (fs, r) => fs.lstatSync(join(r, "none"), { throwIfNoEntry: false }),
    "no file": (fs, r) => fs.lstatSync(join(r, "none")),
  },
  statfsSync: {
    "a folder": (fs, r) => fs.statfsSync(r),
    "no folder": (fs, r) => fs.statfsSync(join(r, "none")),
  },
  accessSync: {
    "is there": (fs, r) => fs.accessSync(join(r, "file")),
    "is writable": (fs, r) => fs.accessSync(join(r, "file"), nodeFs.constants.W_OK),
    "no program": (fs, r) => fs.accessSync(join(r, "file"), nodeFs.constants.X_OK),
    "no file": (fs, r) => fs.accessSync(join(r, "none")),
    "a mode out of range": (fs, r) => fs.accessSync(join(r, "file"), 99),
  },
  existsSync: {
    yes: (fs, r) => fs.existsSync(join(r, "file")),
    no: (fs, r) => fs.existsSync(join(r, "none")),
    "a broken link": (fs, r) => fs.existsSync(join(r, "broken")),
    "no path at all": (fs) => fs.existsSync(bad({})),
  },
  realpathSync: {
    "a link": (fs, r) => fs.realpathSync(join(r, "link")),
    "as a Buffer": (fs, r) => fs.realpathSync(join(r, "dir/../link"), "buffer"),
    "a broken link": (fs, r) => fs.realpathSync(join(r, "broken")),
    "a loop": (fs, r) => fs.realpathSync(join(r, "loop")),
    native: (fs, r) => fs.realpathSync.native(join(r, "link")),
    "native, no file": (fs, r) => fs.realpathSync.native(join(r, "none")),
  },
  readlinkSync: {
    "a link": (fs, r) => fs.readlinkSync(join(r, "link")),
    "as a Buffer": (fs, r) => fs.readlinkSync(join(r, "link"), { encoding: "buffer" }),
    "no link": (fs, r) => fs.readlinkSync(join(r, "file")),
  },
  readdirSync: {
    names: (fs, r) => fs.readdirSync(r),
    Buffers: (fs, r) => fs.readdirSync(r, "buffer"),
    entries: (fs, r) => fs.readdirSync(r, { withFileTypes: true }),
    recursively: (fs, r) => fs.readdirSync(r, { recursive: true }).sort(),
    "entries, recursively": (fs, r) =>
      fs.readdirSync(r, { recursive: true, withFileTypes: true }).length,
    "a file": (fs, r) => fs.readdirSync(join(r, "file")),
    "no folder": (fs, r) => fs.readdirSync(join(r, "none")),
    "no such encoding": (fs, r) => fs.readdirSync(r, bad("utf-7")),
  },
  mkdirSync: {
    one: (fs, r) => [fs.mkdirSync(join(r, "new"), 0o700), nodeFs.statSync(join(r, "new")).mode],
    recursively: (fs, r) => fs.mkdirSync(join(r, "p/q/r"), { recursive: true }),
    "recursively what is there": (fs, r) => fs.mkdirSync(join(r, "dir/sub"), { recursive: true }),
    "what is there": (fs, r) => fs.mkdirSync(join(r, "dir")),
    "below a file": (fs, r) => fs.mkdirSync(join(r, "file/x"), { recursive: true }),
    "a wrong option": (fs, r) => fs.mkdirSync(join(r, "new"), bad({ recursive: "yes" })),
  },
  mkdtempSync: {
    "a folder": (fs, r) => [fs.mkdtempSync(join(r, "tmp-")), nodeFs.readdirSync(r).length],
    "as a Buffer": (fs, r) => fs.mkdtempSync(join(r, "tmp-"), "buffer"),
    "no place for it": (fs, r) => fs.mkdtempSync(join(r, "none/tmp-")),
    "no prefix": (fs) => fs.mkdtempSync(bad(undefined)),
  },
  mkdtempDisposableSync: {
    "a folder": (fs, r) => {
      const made = fs.mkdtempDisposableSync(join(r, "tmp-"));
      nodeFs.writeFileSync(join(made.path, "file"), "x");
      const shape = Reflect.ownKeys(made).map(String);
      made.remove();
      made.remove();
      return [made.path, shape, nodeFs.existsSync(made.path)];
    },
    disposed: (fs, r) => {
      const made = fs.mkdtempDisposableSync(join(r, "tmp-"));
      made[Symbol.dispose]();
      return nodeFs.existsSync(made.path);
    },
    "no place for it": (fs, r) => fs.mkdtempDisposableSync(join(r, "none/tmp-")),
    "no prefix": (fs) => fs.mkdtempDisposableSync(bad(7)),
  },
  opendirSync: {
    names: (fs, r) => namesIn(fs.opendirSync(r)),
    Buffers: (fs, r) => namesIn(fs.opendirSync(r, bad("buffer"))),
    "in hex": (fs, r) => namesIn(fs.opendirSync(join(r, "dir"), { encoding: "hex" as never })),
    "one at a time": (fs, r) => namesIn(fs.opendirSync(r, { bufferSize: 1 })),
    recursively: (fs, r) => namesIn(fs.opendirSync(r, { recursive: true })),
    "an empty one, by URL": (fs, r) => namesIn(fs.opendirSync(pathToFileURL(join(r, "empty")))),
    "by a Buffer": (fs, r) => String(namesIn(fs.opendirSync(Buffer.from(join(r, "empty"))))),
    "once it is closed": (fs, r) => {
      const dir = fs.opendirSync(r);
      dir.closeSync();
      return dir.readSync();
    },
    "closed twice": (fs, r) => {
      const dir = fs.opendirSync(r);
      dir.closeSync();
      dir.closeSync();
    },
    "a folder that is not": (fs, r) => fs.opendirSync(join(r, "none")),
    "a file": (fs, r) => fs.opendirSync(join(r, "file")),
    "a wrong size": (fs, r) => fs.opendirSync(r, { bufferSize: 0 }),
    "a wrong size of none": (fs, r) => fs.opendirSync(join(r, "none"), { bufferSize: bad("1") }),
    "no such encoding": (fs, r) => fs.opendirSync(r, { encoding: bad("utf-7") }),
    "a number for options": (fs, r) => fs.opendirSync(r, bad(7)),
    "no path": (fs) => fs.opendirSync(bad(undefined)),
  },
  rmdirSync: {
    "an empty folder": (fs, r) => [
      fs.rmdirSync(join(r, "empty")),
      nodeFs.existsSync(join(r, "empty")),
    ],
    "a full folder": (fs, r) => fs.rmdirSync(join(r, "dir")),
    "a file": (fs, r) => fs.rmdirSync(join(r, "file")),
  },
  rmSync: {
    "a file": (fs, r) => [fs.rmSync(join(r, "file")), nodeFs.readdirSync(r)],
    recursively: (fs, r) => [fs.rmSync(join(r, "dir"), { recursive: true }), nodeFs.readdirSync(r)],
    "no file, by force": (fs, r) => fs.rmSync(join(r, "none"), { force: true }),
    "no file": (fs, r) => fs.rmSync(join(r, "none")),
    "a folder": (fs, r) => fs.rmSync(join(r, "dir")),
    "a wrong option": (fs, r) => fs.rmSync(join(r, "dir"), bad({ recursive: 1 })),
  },
  renameSync: {
    moves: (fs, r) => [fs.renameSync(join(r, "file"), join(r, "moved")), nodeFs.readdirSync(r)],
    "no file": (fs, r) => fs.renameSync(join(r, "none"), join(r, "x")),
    "over a folder": (fs, r) => fs.renameSync(join(r, "file"), join(r, "dir")),
    "to nothing": (fs, r) => fs.renameSync(join(r, "file"), bad(null)),
  },
  unlinkSync: {
    "a file": (fs, r) => [fs.unlinkSync(join(r, "file")), nodeFs.readdirSync(r)],
    "a folder": (fs, r) => fs.unlinkSync(join(r, "dir")),
    "no file": (fs, r) => fs.unlinkSync(join(r, "none")),
  },
  linkSync: {
    "a second name": (fs, r) => [
      fs.linkSync(join(r, "file"), join(r, "hard")),
      nodeFs.statSync(join(r, "file")).nlink,
    ],
    "over a file": (fs, r) => fs.linkSync(join(r, "file"), join(r, "void")),
  },
  symlinkSync: {
    "a link": (fs, r) => [
      fs.symlinkSync("dir", join(r, "soft")),
      nodeFs.readlinkSync(join(r, "soft")),
    ],
    "over a file": (fs, r) => fs.symlinkSync("dir", join(r, "file"), "dir"),
    "no such type": (fs, r) => fs.symlinkSync("dir", join(r, "soft"), bad("hard")),
  },
  chmodSync: {
    "a file": (fs, r) => [
      fs.chmodSync(join(r, "file"), "600"),
      nodeFs.statSync(join(r, "file")).mode,
    ],
    "no file": (fs, r) => fs.chmodSync(join(r, "none"), 0o600),
    "no mode": (fs, r) => fs.chmodSync(join(r, "file"), bad("rw")),
  },
  fchmodSync: {
    "a file": opened("r", (fs, fd) => [fs.fchmodSync(fd, 0o640), nodeFs.fstatSync(fd).mode]),
    "a closed descriptor": (fs) => fs.fchmodSync(9999, 0o600),
  },
  chownSync: {
    "to itself": (fs, r) => {
      const { uid, gid } = nodeFs.statSync(join(r, "file"));
      return fs.chownSync(join(r, "file"), uid, gid);
    },
    "no file": (fs, r) => fs.chownSync(join(r, "none"), 1, 1),
    "no number": (fs, r) => fs.chownSync(join(r, "file"), bad("me"), 1),
  },
  fchownSync: { "a closed descriptor": (fs) => fs.fchownSync(9999, 1, 1) },
  lchownSync: { "no file": (fs, r) => fs.lchownSync(join(r, "none"), 1, 1) },
  utimesSync: {
    seconds: (fs, r) => [fs.utimesSync(join(r, "file"), 1, 3), nodeFs.statSync(join(r, "file"))],
    "no file": (fs, r) => fs.utimesSync(join(r, "none"), 1, 3),
    "no time": (fs, r) => fs.utimesSync(join(r, "file"), bad({}), 3),
  },
  futimesSync: {
    dates: opened("r", (fs, fd) => [
      fs.futimesSync(fd, new Date(1000), new Date(3000)),
      nodeFs.fstatSync(fd),
    ]),
    "a closed descriptor": (fs) => fs.futimesSync(9999, 1, 3),
  },
  lutimesSync: {
    "the link": (fs, r) => [
      fs.lutimesSync(join(r, "link"), 1, 3),
      nodeFs.lstatSync(join(r, "link")),
    ],
    "no file": (fs, r) => fs.lutimesSync(join(r, "none"), 1, 3),
  },
  openSync: {
    "for reading": (fs, r) => {
      const fd = (fs.openSync as (path: string) => number)(join(r, "file"));
      const text = nodeFs.readFileSync(fd, "utf8");
      nodeFs.closeSync(fd);
      return text;
    },
    "with a mode": (fs, r) => {
      nodeFs.closeSync(fs.openSync(join(r, "new"), "w", 0o600));
      return nodeFs.statSync(join(r, "new")).mode;
    },
    "no file": (fs, r) => fs.openSync(join(r, "none"), "r"),
    exclusively: (fs, r) => fs.openSync(join(r, "file"), "ax"),
    "no such flag": (fs, r) => fs.openSync(join(r, "file"), "z"),
    "a wrong mode": (fs, r) => fs.openSync(join(r, "file"), "r", bad("x")),
  },
  closeSync: {
    "a file": (fs, r) => {
      const fd = nodeFs.openSync(join(r, "file"), "r");
      fs.closeSync(fd);
      return nodeFs.existsSync(`/proc/self/fd/${fd}`);
    },
    "a closed descriptor": (fs) => fs.closeSync(9999),
    "no number": (fs) => fs.closeSync(bad("1")),
  },
  readSync: {
    "a Buffer": opened("r", (fs, fd) => {
      const buffer = Buffer.alloc(5);
      return [fs.readSync(fd, buffer), buffer];
    }),
    "by options": opened("r", (fs, fd) => {
      const buffer = Buffer.alloc(8, "_");
      return [fs.readSync(fd, buffer, { offset: 2, length: 3, position: 1 }), buffer];
    }),
    "by position": opened("r", (fs, fd) => {
      const buffer = Buffer.alloc(8, "_");
      return [fs.readSync(fd, buffer, 1, 4, 2), buffer];
    }),
    "twice, at the descriptor's own position": opened("r", (fs, fd) => {
      const buffer = Buffer.alloc(4);
      return [fs.readSync(fd, buffer, 0, 4, null), fs.readSync(fd, buffer, 0, 4, null), buffer];
    }),
    "without a length": opened("r", (fs, fd) =>
      fs.readSync(fd, Buffer.alloc(4), 0, bad(undefined), 0),
    ),
    nothing: opened("r", (fs, fd) => fs.readSync(fd, Buffer.alloc(4), 0, 0, null)),
    "an empty Buffer": opened("r", (fs, fd) => fs.readSync(fd, Buffer.alloc(0))),
    "beyond the Buffer": opened("r", (fs, fd) => fs.readSync(fd, Buffer.alloc(4), 0, 9, null)),
    "from a writer": opened("a", (fs, fd) => fs.readSync(fd, Buffer.alloc(4))),
    "a string": opened("r", (fs, fd) => fs.readSync(fd, bad("text"))),
  },
  writeSync: {
    "a string": opened("r+", (fs, fd, r) => [
      fs.writeSync(fd, "Jö"),
      nodeFs.readFileSync(join(r, "file")),
    ]),
    "a string at a place": opened("r+", (fs, fd, r) => [
      fs.writeSync(fd, "ff", 2, "hex"),
      nodeFs.readFileSync(join(r, "file")),
    ]),
    "a Buffer": opened("r+", (fs, fd, r) => [
      fs.writeSync(fd, Buffer.from("ABC"), 1, 2, 3),
      nodeFs.readFileSync(join(r, "file")),
    ]),
    "by options": opened("r+", (fs, fd, r) => [
      fs.writeSync(fd, Buffer.from("ABC"), { offset: 1 } as never),
      nodeFs.readFileSync(join(r, "file")),
    ]),
    "to a reader": opened("r", (fs, fd) => fs.writeSync(fd, "x")),
    "an object": opened("r+", (fs, fd) => fs.writeSync(fd, bad({}))),
    "beyond the Buffer": opened("r+", (fs, fd) => fs.writeSync(fd, Buffer.from("ABC"), 1, 9)),
  },
  readvSync: {
    two: opened("r", (fs, fd) => {
      const buffers = [Buffer.alloc(2), Buffer.alloc(3)];
      return [fs.readvSync(fd, buffers), ...buffers];
    }),
    "at a place": opened("r", (fs, fd) => {
      const buffers = [Buffer.alloc(2)];
      return [fs.readvSync(fd, buffers, 3), ...buffers];
    }),
    "no array": opened("r", (fs, fd) => fs.readvSync(fd, bad("x"))),
  },
  writevSync: {
    two: opened("r+", (fs, fd, r) => [
      fs.writevSync(fd, [Buffer.from("A"), Buffer.from("B")], 1),
      nodeFs.readFileSync(join(r, "file")),
    ]),
    none: opened("r+", (fs, fd) => fs.writevSync(fd, [])),
    "to a reader": opened("r", (fs, fd) => fs.writevSync(fd, [Buffer.from("A")])),
  },
  fstatSync: {
    "a file": opened("r", (fs, fd) => fs.fstatSync(fd)),
    "a closed descriptor": (fs) => fs.fstatSync(9999),
  },
  ftruncateSync: {
    "to a length": opened("r+", (fs, fd) => [fs.ftruncateSync(fd, 2), nodeFs.fstatSync(fd).size]),
    "of a reader": opened("r", (fs, fd) => fs.ftruncateSync(fd)),
  },
  fsyncSync: {
    "a file": opened("r+", (fs, fd) => fs.fsyncSync(fd)),
    "a closed descriptor": (fs) => fs.fsyncSync(9999),
  },
  fdatasyncSync: {
    "a file": opened("r+", (fs, fd) => fs.fdatasyncSync(fd)),
    "a closed descriptor": (fs) => fs.fdatasyncSync(9999),
  },
};

it("has a case for every function", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(fs).sort());
});

/** These stay Node's. */
const NODES_OWN: Record<string, string> = {
  openAsBlobSync: "gives a Blob, which reads nothing before it is asked to",
  lchmodSync: "is there only on macOS",
};

it("has every blocking function of this Node", () => {
  const blocking = Object.entries(nodeFs)
    .filter(([name, value]) => name.endsWith("Sync") && typeof value === "function")
    .map(([name]) => name);
  expect(blocking.length).toBeGreaterThan(40);
  const missing = blocking.filter((name) => !(name in fs) && !(name in NODES_OWN));
  expect(missing).toEqual([]);
});

const newer = Object.keys(cases).filter((name) => !(name in nodeFs));

it.runIf(newer.includes("globSync"))("globSync says that this Node has none", () =>
  run(() => expect(() => fs.globSync("*")).toThrow("use Node 22 or later")),
);

if (newer.length > 0) it.skip(`not compared: Node ${process.version} lacks ${newer}`, () => {});

const compared = Object.entries(cases).filter(([name]) => !newer.includes(name));

// Before Node's own are called, so that Node takes parts that can be cooperative.
beforeAll(() =>
  run(() => {
    fs.cpSync("/", "/", { filter: () => false });
    if ("globSync" in nodeFs) fs.globSync([]);
  }),
);

describe.each(compared)("%s", (name, tests) => {
  it("has Node's name and number of parameters", () => {
    const [ours, nodes] = [fs, nodeFs as unknown as Files].map((all) => all[name as keyof Files]);
    expect([ours?.name, ours?.length]).toEqual([nodes?.name, nodes?.length]);
  });

  it.each(Object.entries(tests))(
    "%s",
    green((_, test) => {
      const expected = outcome(test, nodeFs as unknown as Files, folder());
      expect(outcome(test, fs, folder())).toEqual(expected);
    }),
  );
});

describe("a Dir that is read by a promise, too", () => {
  // What Node's Dir asks with is counted as active until it is collected.
  afterEach(collectGarbage);

  const refusals = async (functions: Files): Promise<unknown> => {
    const dir = functions.opendirSync(folder());
    const reading = dir.read();
    const codes = [() => dir.readSync(), () => dir.closeSync()].map((call) => {
      try {
        return call();
      } catch (error) {
        return (error as NodeJS.ErrnoException).code;
      }
    });
    const entry = await reading;
    await dir.close();
    return [codes, entry?.name];
  };

  it("refuses blocking calls meanwhile, as Node's does", async () => {
    const expected = await refusals(nodeFs as unknown as Files);
    const { done } = await run(() => ({ done: refusals(fs) }));
    expect(await done).toEqual(expected);
  });

  it("gives all of it to a loop that awaits", async () => {
    const root = folder();
    const dir = await run(() => fs.opendirSync(root));
    const names: string[] = [];
    for await (const { name } of dir) names.push(name);
    expect(names.sort()).toEqual(nodeFs.readdirSync(root));
  });

  it("blocks where nothing can wait", async () => {
    const root = folder();
    const dir = await run(() => fs.opendirSync(root));
    const names: string[] = [];
    for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) names.push(entry.name);
    dir.closeSync();
    expect(names.sort()).toEqual(nodeFs.readdirSync(root));
  });
});

it(
  "greenlets that read one Dir together get each entry once",
  green(() => {
    const root = folder();
    const dir = fs.opendirSync(root, { bufferSize: 2 });
    const names: string[] = [];
    const readers = Array.from({ length: 4 }, () =>
      spawn(() => {
        for (let entry = dir.readSync(); entry !== null; entry = dir.readSync()) {
          names.push(entry.name);
        }
      }),
    );
    for (const reader of readers) reader.get();
    dir.closeSync();
    expect(names.sort()).toEqual(nodeFs.readdirSync(root));
  }),
);

async function collectGarbage(): Promise<void> {
  await vi.waitFor(() => {
    globalThis.gc?.();
    expect(process.getActiveResourcesInfo()).not.toContain("FSReqCallback");
  });
}

/** What another greenlet has done meanwhile, turn by turn. */
function turnsDuring(work: () => void): number {
  let turns = 0;
  const other = spawn(() => {
    for (;;) {
      sleep(0);
      turns += 1;
    }
  });
  work();
  other.kill();
  return turns;
}

describe("lets others run", () => {
  const calls: Record<string, (root: string) => void> = {
    "cpSync of a folder": (r) => fs.cpSync(join(r, "dir"), join(r, "copy"), { recursive: true }),
    "cpSync with a filter": (r) =>
      fs.cpSync(join(r, "dir"), join(r, "copy"), { recursive: true, filter: () => true }),
    "cpSync of a file": (r) => fs.cpSync(join(r, "file"), join(r, "copy")),
    "opendirSync and its Dir": (r) => void namesIn(fs.opendirSync(r)),
    ...(newer.includes("globSync") ? {} : { globSync: (r) => fs.globSync("**", { cwd: r }) }),
  };
  it.each(Object.entries(calls))(
    "%s",
    green((_, call) => expect(turnsDuring(() => call(folder()))).toBeGreaterThan(0)),
  );
});

it(
  "a killed cpSync leaves no thread",
  green(() => {
    const root = folder();
    const copying = spawn(() =>
      fs.cpSync(join(root, "dir"), join(root, "copy"), { recursive: true }),
    );
    sleep(0);
    copying.kill();
    expect(copying.value).toBeInstanceOf(GreenletExit);
  }),
);
