import * as nodeFs from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import { pathToFileURL } from "node:url";
import { green } from "@greenlit/testing";
import { afterAll, describe, expect, it } from "vitest";
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

describe.each(Object.entries(cases))("%s", (name, tests) => {
  it("has Node's name and number of parameters", () => {
    const [ours, nodes] = [fs, nodeFs].map((all) => all[name as keyof Files]);
    expect([ours?.name, ours?.length]).toEqual([nodes?.name, nodes?.length]);
  });

  it.each(Object.entries(tests))(
    "%s",
    green((_, test) => {
      const expected = outcome(test, nodeFs as Files, folder());
      expect(outcome(test, fs, folder())).toEqual(expected);
    }),
  );
});
