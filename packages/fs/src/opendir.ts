import type * as nodeFs from "node:fs";
import { mayBlock, Waiter } from "@greenlit/core/blocking-call";
import { cooperative } from "./cooperative.js";
import { original } from "./original.js";

/** What Node's `Dir` asks for at a time: a name, a type, and so on; null at the end. */
type Batch = (string | Buffer | number)[] | null;
/** How it asks when it does not block. */
interface Request {
  oncomplete(error: Error | null, batch?: Batch): void;
}
/** The native part of a `Dir`. Without a request the calls block. */
interface Handle {
  read(encoding: unknown, size: number, request?: Request): Batch;
  close(request?: Request): void;
}
type NewDir = new (handle: Handle, path: unknown, options: unknown) => nodeFs.Dir;

const openInner = cooperative("opendirSync", {
  arity: 2,
  callback: (path, options, callback) =>
    original.opendir(path as nodeFs.PathLike, options as nodeFs.OpenDirOptions, callback as never),
  discard: (inner: nodeFs.Dir) => inner.close(() => {}),
  // In Node's own words, which differ between its forms. The kernel has just looked that path up.
  rescue: (_, [path, options]) =>
    original.opendirSync(path as nodeFs.PathLike, options as nodeFs.OpenDirOptions),
});

/**
 * The `Dir` is one of Node's, which checks its calls as ever, over another one that reads in the
 * thread pool. Its blocking methods suspend the greenlet; where none may wait they block, as
 * Node's do. With the option `recursive` Node opens and reads the folders below on the thread, in
 * all its forms.
 */
function openDirectory(path: nodeFs.PathLike, options?: nodeFs.OpenDirOptions): nodeFs.Dir {
  const inner = openInner(path, innerOptions(options));
  const handle = new PooledHandle(inner);
  try {
    return new (original.Dir as unknown as NewDir)(handle, inner.path, options);
  } catch (error) {
    handle.close(); // Node 20 leaves it open
    throw error;
  }
}

export const opendirSync: typeof nodeFs.opendirSync = Object.defineProperty(openDirectory, "name", {
  value: "opendirSync",
  configurable: true,
});

/** Node looks at the size after it has opened the folder; its callback form throws it nowhere. */
function innerOptions(options: nodeFs.OpenDirOptions | undefined): nodeFs.OpenDirOptions {
  if (typeof options !== "object" || options === null) return options as never;
  const { bufferSize } = options;
  const takes = Number.isInteger(bufferSize) && (bufferSize as number) > 0;
  return { ...options, recursive: false, bufferSize: takes ? (bufferSize as number) : 32 };
}

/** Reads through a `Dir` that nobody else has. */
class PooledHandle implements Handle {
  private readonly inner: nodeFs.Dir;
  /** Names and types. What was read for a greenlet that was gone by then is for the next call. */
  private ready: (string | Buffer | number)[] = [];
  /** Operations that have not ended. */
  private running = 0;
  private closed = false;

  constructor(inner: nodeFs.Dir) {
    this.inner = inner;
  }

  read(_: unknown, size: number, request?: Request): Batch {
    if (request !== undefined) {
      this.gather(size, (error) => {
        if (error) request.oncomplete(error);
        else request.oncomplete(null, this.take());
      });
      return null;
    }
    if (this.ready.length > 0) return this.take();
    if (!mayBlock()) {
      const entry = this.inner.readSync();
      if (entry !== null) this.keep(entry);
      return this.take();
    }
    const waiter = new Waiter("fs.Dir.readSync");
    this.gather(size, (error) => (error ? waiter.fail(error) : waiter.wake()));
    waiter.wait();
    return this.take();
  }

  close(request?: Request): void {
    if (this.closed) return;
    this.closed = true;
    if (request !== undefined) {
      this.inner.close((error) => request.oncomplete(error ?? null));
      return;
    }
    // Behind a read that goes on: its greenlet was killed, or is another one.
    if (this.running > 0) this.inner.close(() => {});
    else this.inner.closeSync();
  }

  /** Reads until there are `size` entries, or no more. */
  private gather(size: number, done: (error: Error | null) => void): void {
    this.running += 1;
    const next = (): void =>
      this.inner.read((error, entry) => {
        if (error === null && entry !== null) {
          this.keep(entry);
          if (this.ready.length < 2 * size) return next();
        }
        this.running -= 1;
        done(error);
      });
    try {
      next();
    } catch (error) {
      this.running -= 1;
      throw error;
    }
  }

  private keep(entry: nodeFs.Dirent): void {
    this.ready.push(entry.name, typeOf(entry));
  }

  private take(): Batch {
    const batch = this.ready;
    this.ready = [];
    return batch.length === 0 ? null : batch;
  }
}

/** The number that libuv has for it, which is public in Node, and not in its types. */
function typeOf(entry: nodeFs.Dirent): number {
  const numbers = original.constants as unknown as Record<string, number>;
  const [, name = "UNKNOWN"] = KINDS.find(([isOne]) => entry[isOne]()) ?? [];
  return numbers[`UV_DIRENT_${name}`] ?? 0;
}

const KINDS = [
  ["isFile", "FILE"],
  ["isDirectory", "DIR"],
  ["isSymbolicLink", "LINK"],
  ["isFIFO", "FIFO"],
  ["isSocket", "SOCKET"],
  ["isCharacterDevice", "CHAR"],
  ["isBlockDevice", "BLOCK"],
] as const;
