// Calls that are made at once, by Node's own blocking function: when the kernel has in memory what
// they ask for, or when such calls have been quick. Leaving the thread costs more than the call,
// and a program would become slower by switching.
import { constants } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import {
  cachedKind,
  type FileKind,
  kindAt,
  kindOf,
  readCached,
  readNow,
} from "@greenlit/backend/files";
import { isQuiet } from "./abandoned.js";
import { Lately } from "./lately.js";

/** The call has to wait: it is made in the thread pool. */
export const LATER: unique symbol = Symbol("later");

/** Node's own function. */
type Call = (...args: unknown[]) => unknown;

/** How the calls of a function are made without leaving the thread. */
export interface AtOnce {
  /** Makes a call by `call`, or returns LATER, and then nothing has happened. */
  try(args: readonly unknown[], call: Call): unknown;
  /** A call has been made in the thread pool; with what came of it, if it did not throw. */
  wasMade?(args: readonly unknown[], value?: unknown): void;
}

/** Node checks what its permission model allows in its own functions: nothing goes past them. */
const mayLook = !("permission" in process) || process.permission === undefined;

/** The path in an argument; null for what only Node takes, or refuses. */
function pathOf(argument: unknown): string | null {
  if (!mayLook) return null;
  if (typeof argument === "string") return argument;
  if (!(argument instanceof URL)) return null;
  try {
    return fileURLToPath(argument);
  } catch {
    return null;
  }
}

/** Paths that were looked up a moment ago, with links followed, and not; and what was read. */
const [paths, links, files, folders] = [new Lately(), new Lately(), new Lately(), new Lately()];

/** Milliseconds. What takes longer has waited for something. */
const LONG = 1;

/** Makes a call for what was in memory a moment ago. When it takes long, that is over. */
function fromMemory(call: Call, args: readonly unknown[], start: number): unknown {
  try {
    return call(...args);
  } finally {
    if (performance.now() - start > LONG) {
      for (const one of [paths, links, files, folders]) one.clear();
    }
  }
}

let slowInARow = 0;
let notBefore = 0;

/**
 * Makes a call of which nobody can say whether it will wait, such as one that writes: the page
 * cache takes it, or a journal or a full disk holds it up. After one that took long it returns
 * LATER for four times as long, after the next one for sixteen times, and so on.
 */
export function quickly(
  call: Call,
  args: readonly unknown[] = [],
  start: number = performance.now(),
): unknown {
  if (start < notBefore) return LATER;
  try {
    return call(...args);
  } finally {
    const took = performance.now() - start;
    if (took <= LONG) slowInARow = 0;
    else {
      slowInARow = Math.min(slowInARow + 1, 5);
      notBefore = start + took * 4 ** slowInARow;
    }
  }
}

/** Of paths all of which is in memory. The kernel's caches answer, also that nothing is there. */
function inMemory(lately: Lately, follows: boolean): AtOnce {
  return {
    try(args, call) {
      const path = pathOf(args[0]);
      if (path === null) return LATER;
      const now = performance.now();
      if (lately.has(path, now)) return fromMemory(call, args, now);
      if (cachedKind(path, follows) === null) return LATER;
      lately.add(path, now);
      return call(...args);
    },
    wasMade([path]) {
      if (typeof path === "string") lately.add(path, performance.now());
    },
  };
}

/** Functions that follow a symbolic link to its end. */
export const whole: AtOnce = inMemory(paths, true);
/** Functions of a symbolic link itself. */
export const link: AtOnce = inMemory(links, false);

/** Of paths where one of these kinds stands. */
export function kinds(...all: readonly FileKind[]): AtOnce {
  return {
    try(args, call) {
      const path = pathOf(args[0]);
      if (path === null) return LATER;
      return quickly(() => (all.includes(kindAt(path)) ? call(...args) : LATER));
    },
  };
}

/** A file, or nothing yet in a folder. To open anything else may wait for another process. */
function mayBeOpened(path: string): boolean {
  const kind = kindAt(path);
  return kind === "file" || (kind === "missing" && kindAt(dirname(path)) === "folder");
}

/** `openSync`: to read what is in memory, or to write. */
export const open: AtOnce = {
  try(args, call) {
    const path = pathOf(args[0]);
    if (path === null) return LATER;
    if (![undefined, null, "r", constants.O_RDONLY].includes(args[1] as undefined)) {
      return quickly(() => (mayBeOpened(path) ? call(...args) : LATER));
    }
    const kind = cachedKind(path, true);
    return kind === "file" || kind === "large" || kind === "missing" ? call(...args) : LATER;
  },
};

/** The most that is written at once, in bytes, or in characters. */
const MOST = 1024 * 1024;

function isLittle(data: unknown): boolean {
  if (typeof data === "string") return data.length <= MOST;
  return ArrayBuffer.isView(data) && data.byteLength <= MOST;
}

/** `{ flush: true }`, and flags as "as", wait for the disk. */
function waitsForDisk(options: unknown): boolean {
  if (options === null || typeof options !== "object") return false;
  const { flush, flag } = options as { flush?: unknown; flag?: unknown };
  return Boolean(flush) || (flag !== undefined && !/^[wa]x?\+?$/.test(String(flag)));
}

const isDescriptor = (fd: unknown): fd is number =>
  mayLook && typeof fd === "number" && Number.isInteger(fd) && fd >= 0 && fd < 2 ** 31;

function writeTo(fd: number, write: () => unknown): unknown {
  const kind = kindOf(fd);
  return kind === "file" || kind === "large" ? quickly(write) : LATER;
}

/** `writeSync` of little to a file. */
export const write: AtOnce = {
  try(args, call) {
    const [fd, data] = args;
    return isDescriptor(fd) && isLittle(data) ? writeTo(fd, () => call(...args)) : LATER;
  },
};

/** `writeFileSync` and `appendFileSync` of little, to a path or a descriptor. */
export const writeWhole: AtOnce = {
  try(args, call) {
    const [file, data, options] = args;
    if (!isLittle(data) || waitsForDisk(options)) return LATER;
    if (isDescriptor(file)) return writeTo(file, () => call(...args));
    const path = pathOf(file);
    if (path === null) return LATER;
    return quickly(() => (mayBeOpened(path) ? call(...args) : LATER));
  },
};

/** `mkdirSync` in a folder that is there. */
export const makeFolder: AtOnce = {
  try(args, call) {
    const path = pathOf(args[0]);
    if (path === null) return LATER;
    return quickly(() => (kindAt(dirname(path)) === "folder" ? call(...args) : LATER));
  },
};

/** `renameSync`; what is replaced is no large file. */
export const rename: AtOnce = {
  try(args, call) {
    const [from, to] = [pathOf(args[0]), pathOf(args[1])];
    if (from === null || to === null) return LATER;
    return quickly(() => {
      const replaced = kindAt(to);
      const isQuick =
        kindAt(from) !== null &&
        replaced !== null &&
        replaced !== "large" &&
        kindAt(dirname(to)) === "folder";
      return isQuick ? call(...args) : LATER;
    });
  },
};

/** `fstatSync`: the kernel has in memory what is open on this machine. */
export const statOpen: AtOnce = {
  try(args, call) {
    const [fd] = args;
    return isDescriptor(fd) && kindOf(fd) !== null ? call(...args) : LATER;
  },
};

/** `closeSync` of a file or folder on which nothing is still running. */
export const close: AtOnce = {
  try([fd], call) {
    if (!isDescriptor(fd) || !isQuiet(fd)) return LATER;
    const kind = kindOf(fd);
    return kind === "file" || kind === "folder" ? quickly(call, [fd]) : LATER;
  },
};

/** `readSync` of what is in memory. */
export const read: AtOnce = {
  try(args) {
    const [fd, buffer, second] = args;
    if (!isDescriptor(fd) || !(buffer instanceof Uint8Array)) return LATER;
    // Node's rules, and what it refuses is left to it.
    const byOptions = args.length <= 3 || (second !== null && typeof second === "object");
    if (byOptions && (typeof (second ?? {}) !== "object" || Array.isArray(second))) return LATER;
    const given = byOptions
      ? ((second ?? {}) as { offset?: unknown; length?: unknown; position?: unknown })
      : { offset: second, length: args[3] ?? NaN, position: args[4] };
    const { offset = 0 } = given;
    if (!isPlace(offset, buffer.byteLength)) return LATER;
    const { length = buffer.byteLength - offset } = given;
    if (!isPlace(length, buffer.byteLength - offset) || length === 0) return LATER;
    const position = given.position ?? -1;
    if (position !== -1 && !isPlace(position, Number.MAX_SAFE_INTEGER)) return LATER;
    return readNow(fd, buffer, offset, length, position as number) ?? LATER;
  },
};

function isPlace(value: unknown, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= most;
}

/**
 * The encoding that options of `readFileSync` name; undefined: none. Null: they say more, or what
 * Node refuses.
 */
export function plainEncoding(options: unknown): BufferEncoding | undefined | null {
  if (options === undefined || options === null) return undefined;
  if (typeof options === "string") return Buffer.isEncoding(options) ? options : null;
  if (typeof options !== "object") return null;
  const { encoding, flag, signal } = options as Record<string, unknown>;
  if ((flag !== undefined && flag !== "r") || signal !== undefined) return null;
  if (encoding === undefined || encoding === null) return undefined;
  return Buffer.isEncoding(encoding as string) ? (encoding as BufferEncoding) : null;
}

/** `readFileSync` of a file that is in memory. */
export const readWhole: AtOnce = {
  try(args, call) {
    const path = pathOf(args[0]);
    const encoding = plainEncoding(args[1]);
    if (path === null || encoding === null) return LATER;
    const now = performance.now();
    const data = readCached(path, encoding, files.has(path, now));
    if (data === null) return LATER;
    if (data === undefined) return call(...args); // throws
    files.add(path, now);
    return data;
  },
};

/** A longer list takes longer than it should. */
const ENTRIES = 1000;

/**
 * `readdirSync` of a folder that was read a moment ago. Whether the list of a folder is in memory
 * the kernel does not tell.
 */
export const readFolder: AtOnce = {
  try(args, call) {
    const [path, options] = args;
    const now = performance.now();
    if (typeof path !== "string" || !mayLook || !folders.has(path, now)) return LATER;
    if ((options as { recursive?: unknown } | null | undefined)?.recursive === true) return LATER;
    const entries = fromMemory(call, args, now);
    this.wasMade?.(args, entries);
    return entries;
  },
  wasMade([path], entries) {
    if (typeof path !== "string" || !Array.isArray(entries)) return;
    if (entries.length <= ENTRIES) folders.add(path, performance.now());
  },
};
