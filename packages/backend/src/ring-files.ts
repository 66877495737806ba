import fs, { type Stats } from "node:fs";
import { isUint8Array } from "node:util/types";
import {
  blocker,
  checkWait,
  outOfRange,
  placeHere,
  stayFair,
  type WaitOptions,
  Waiter,
  wrongType,
} from "@greenlit/core/blocking-call";
import { fileError } from "./errors.js";
import type { FileOperations, Path } from "./file-operations.js";
import { Operation } from "./operation.js";
import type { RingQueue } from "./ring-queue.js";

/** What readFile was doing when it failed; native/ring_files.cc has the same numbers. */
const STEPS = ["open", "fstat", "read"] as const;
const TOO_LARGE = 3;

/** AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW of fcntl(2). */
const EMPTY_PATH = 0x1000;
const NOFOLLOW = 0x100;
/** AT_FDCWD: paths begin at the working directory. */
const WORKING_DIRECTORY = -100;

/** The numbers of native/ring_files.cc, in its order. */
const NUMBERS = [
  "dev",
  "mode",
  "nlink",
  "uid",
  "gid",
  "rdev",
  "blksize",
  "ino",
  "size",
  "blocks",
] as const;
const TIMES = ["atime", "mtime", "ctime", "birthtime"] as const;

const NO_PATH = new Uint8Array(0);

/** Files of the driver `uring`. */
export class RingFiles implements FileOperations {
  private readonly ring: RingQueue;
  private readonly values: Float64Array = new Float64Array(NUMBERS.length + 2 * TIMES.length);

  constructor(ring: RingQueue) {
    this.ring = ring;
  }

  open(path: Path, flags: number, mode: number, what: string, options?: WaitOptions): number {
    const bytes = bytesOf(path);
    const request = this.begin(what, options);
    const { native, calls } = this.ring;
    native.open(request.id, bytes, flags, mode);
    const fd = request.wait(options, null, (unwanted) => {
      native.disown(unwanted);
      calls.close(unwanted);
    });
    request.remove();
    if (fd < 0) throw fileError("open", fd, path);
    native.disown(fd);
    return fd;
  }

  close(fd: number, what: string, options?: WaitOptions): void {
    const request = this.begin(what, options);
    this.ring.native.closeFile(request.id, fd);
    check("close", request.outcome(options));
  }

  read(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
    what: string,
    options?: WaitOptions,
  ): number {
    checkRange(buffer, offset, length);
    const request = this.begin(what, options);
    this.ring.native.read(request.id, fd, buffer, offset, length, position ?? -1);
    return check("read", request.outcome(options, buffer));
  }

  write(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
    what: string,
    options?: WaitOptions,
  ): number {
    checkRange(buffer, offset, length);
    const request = this.begin(what, options);
    this.ring.native.write(request.id, fd, buffer, offset, length, position ?? -1);
    return check("write", request.outcome(options, buffer));
  }

  fsync(fd: number, what: string, options?: WaitOptions): void {
    const request = this.begin(what, options);
    this.ring.native.sync(request.id, fd, 0);
    check("fsync", request.outcome(options));
  }

  fdatasync(fd: number, what: string, options?: WaitOptions): void {
    const request = this.begin(what, options);
    this.ring.native.sync(request.id, fd, 1);
    check("fdatasync", request.outcome(options));
  }

  stat(path: Path, what: string, options?: WaitOptions): Stats {
    return this.ask("stat", WORKING_DIRECTORY, path, 0, what, options);
  }

  lstat(path: Path, what: string, options?: WaitOptions): Stats {
    return this.ask("lstat", WORKING_DIRECTORY, path, NOFOLLOW, what, options);
  }

  fstat(fd: number, what: string, options?: WaitOptions): Stats {
    return this.ask("fstat", fd, undefined, EMPTY_PATH, what, options);
  }

  readFile(path: Path, flags: number, what: string, options?: WaitOptions): Buffer {
    const bytes = bytesOf(path);
    const request = this.begin(what, options);
    const { native } = this.ring;
    native.readFile(request.id, bytes, flags);
    const result = request.wait(options);
    try {
      if (result >= 0) return native.takeFile(request.id);
      if (request.step === TOO_LARGE) throw tooLarge(native.tooLarge(request.id));
      native.drop(request.id);
    } finally {
      request.remove();
    }
    // Only when it is opened does the path have to do with it.
    const step = STEPS[request.step] as (typeof STEPS)[number];
    throw fileError(step, result, step === "open" ? path : undefined);
  }

  private ask(
    syscall: string,
    fd: number,
    path: Path | undefined,
    flags: number,
    what: string,
    options: WaitOptions | undefined,
  ): Stats {
    const bytes = path === undefined ? NO_PATH : bytesOf(path);
    const request = this.begin(what, options);
    const { native } = this.ring;
    native.stat(request.id, fd, bytes, flags);
    const result = request.wait(options);
    native.takeStat(request.id, this.values);
    request.remove();
    if (result < 0) throw fileError(syscall, result, path);
    return this.stats();
  }

  /** The first steps of every call. */
  private begin(what: string, options: WaitOptions | undefined): Request {
    checkWait(what, options);
    blocker(what);
    stayFair(what);
    return new Request(this.ring, what);
  }

  /** As Node makes them. */
  private stats(): Stats {
    const { values } = this;
    const stats = Object.create(fs.Stats.prototype) as Record<string, unknown>;
    NUMBERS.forEach((name, i) => {
      stats[name] = values[i];
    });
    TIMES.forEach((name, i) => {
      const at = NUMBERS.length + 2 * i;
      stats[`${name}Ms`] = (values[at] as number) * 1000 + (values[at + 1] as number) / 1e6;
    });
    // Newer Nodes have these as accessors, older ones as properties.
    for (const name of TIMES) {
      if (name in stats) continue;
      stats[name] = new Date(Math.round(stats[`${name}Ms`] as number));
    }
    return stats as unknown as Stats;
  }
}

/** One call of a file operation. */
class Request extends Operation {
  /** Of an operation of several steps: which one it came to. */
  step = 0;

  private readonly ring: RingQueue;
  private readonly waiter: Waiter<number>;
  private result = 0;
  /** What the kernel uses: it must live until then, also when nobody waits any more. */
  used: Uint8Array | null = null;
  /** What becomes of a result that nobody waits for. */
  private discard: ((result: number) => void) | null = null;
  private abandoned = false;

  constructor(ring: RingQueue, what: string) {
    super(ring.operations);
    this.ring = ring;
    this.waiter = new Waiter<number>(what);
  }

  /** Waits until it is over, and then removes it. */
  outcome(options: WaitOptions | undefined, used?: Uint8Array): number {
    const result = this.wait(options, used);
    this.remove();
    return result;
  }

  /** Waits until it is over; its number may then be used to take what it has come to. */
  wait(
    options: WaitOptions | undefined,
    used: Uint8Array | null = null,
    discard: ((result: number) => void) | null = null,
  ): number {
    this.active = true;
    this.used = used;
    this.discard = discard;
    const { ring } = this;
    ring.hold();
    try {
      return this.waiter.wait(options);
    } catch (error) {
      this.abandoned = true;
      if (this.active) ring.native.cancel(this.id);
      else this.drop();
      throw error;
    } finally {
      ring.unhold();
    }
  }

  complete(result: number, step: number): void {
    this.result = result;
    this.step = step;
    this.used = null;
    if (this.abandoned) this.drop();
    else this.waiter.wake(result);
  }

  private drop(): void {
    if (this.result >= 0) this.discard?.(this.result);
    this.ring.native.drop(this.id);
    this.remove();
  }
}

function check(syscall: string, result: number): number {
  if (result < 0) throw fileError(syscall, result);
  return result;
}

function checkRange(buffer: Uint8Array, offset: number, length: number): void {
  if (!isUint8Array(buffer)) throw wrongType("buffer", "a Buffer or Uint8Array", buffer);
  const isWithin = (at: number): boolean => Number.isInteger(at) && at >= 0 && at <= buffer.length;
  if (!isWithin(offset)) throw outOfRange("offset", "a place in the buffer", offset);
  if (!isWithin(offset + length) || length < 0) {
    throw outOfRange("length", "that of a part of the buffer", length);
  }
}

function bytesOf(path: Path): Uint8Array {
  const bytes = typeof path === "string" ? Buffer.from(path) : path;
  if (!isUint8Array(bytes)) throw wrongType("path", "a string or a Buffer", path);
  if (!bytes.includes(0)) return bytes;
  throw wrongType("path", "without zero bytes", path);
}

/** As Node's readFile. */
function tooLarge(size: number): Error {
  const error = new RangeError(`File size (${size}) is greater than 2 GiB`);
  return placeHere(Object.assign(error, { code: "ERR_FS_FILE_TOO_LARGE" }));
}
