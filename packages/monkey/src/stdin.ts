// Reading from the standard input where it is a pipe or a terminal. It may take for ever, and would
// keep a thread of Node's pool, without which the process cannot even exit. So it is opened once
// more, as a descriptor of our own that never blocks, and the loop tells when there is something.

import fs from "node:fs";
import { Socket } from "node:net";
import { isatty, ReadStream } from "node:tty";
import { Waiter } from "@greenlit/core";
import type { AnyFunction } from "./shim.js";

/** The names of the functions that may read from it. */
export const READERS = ["readFileSync", "readSync", "readvSync"] as const;
export type Reader = (typeof READERS)[number];

const { closeSync, constants, fstatSync, openSync, readFileSync, readSync } = fs;
/** What a pipe holds. */
const CHUNK = 65536;

/**
 * `green`, except where it is to read from the standard input.
 * @param nodes Node's own function of that name.
 */
export function readingStdin(name: Reader, nodes: AnyFunction, green: AnyFunction): AnyFunction {
  const what = `fs.${name}`;
  return function (this: unknown, ...args: unknown[]): unknown {
    const [source, ...rest] = args;
    const fd = source === 0 || (name === "readFileSync" && source === "/dev/stdin") ? open() : null;
    if (fd === null) return Reflect.apply(green, this, args);
    try {
      if (name === "readFileSync") return readAll(what, fd, rest);
      return untilReady(what, fd, () => Reflect.apply(nodes, this, [fd, ...rest]));
    } finally {
      closeSync(fd);
    }
  };
}

/** Null where it is none of these, or cannot be opened again, as a socket or without /proc. */
function open(): number | null {
  try {
    return fstatSync(0, { bigint: true }).isFIFO() || isatty(0) ? reopen(0) : null;
  } catch {
    return null;
  }
}

function readAll(what: string, fd: number, options: readonly unknown[]): string | Buffer {
  // Node's own looks at the options.
  Reflect.apply(readFileSync, fs, ["/dev/null", ...options]);
  const [given] = options as [BufferEncoding | { readonly encoding?: BufferEncoding } | undefined];
  const encoding = typeof given === "string" ? given : given?.encoding;
  const chunks: Buffer[] = [];
  for (;;) {
    const chunk = Buffer.allocUnsafeSlow(CHUNK);
    const size = untilReady(what, fd, () => readSync(fd, chunk));
    if (size === 0) break;
    chunks.push(chunk.subarray(0, size));
  }
  const all = Buffer.concat(chunks);
  return encoding && (encoding as string) !== "buffer" ? all.toString(encoding) : all;
}

/** Calls `read`, again and again, until it does not say that there is nothing yet. */
function untilReady<T>(what: string, fd: number, read: () => T): T {
  for (;;) {
    try {
      return read();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
    }
    waitUntilReady(what, fd);
  }
}

/**
 * A stream that has no room for what comes fails as soon as something does, or the end, and has
 * taken nothing.
 */
function waitUntilReady(what: string, fd: number): void {
  const waiter = new Waiter(what);
  const own = reopen(fd);
  const options = { onread: { buffer: new Uint8Array(0), callback: () => false } };
  // The types do not know that it passes its options on.
  const Terminal = ReadStream as new (fd: number, options: object) => Socket;
  const stream = isatty(fd)
    ? new Terminal(own, options)
    : new Socket({ fd: own, readable: true, writable: false, ...options });
  stream.on("error", () => waiter.wake());
  stream.resume();
  try {
    waiter.wait();
  } finally {
    stream.destroy();
  }
}

function reopen(fd: number): number {
  return openSync(`/proc/self/fd/${fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
}
