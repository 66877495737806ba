import { randomUUID } from "node:crypto";
import { closeSync, openSync, readSync, unlinkSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Bytes that stay in memory. */
const IN_MEMORY = 256 * 1024;
/** Bytes read back from the file at once. */
const PIECE = 256 * 1024;

/**
 * Bytes kept for a moment: in memory, or all of them in a file when they are many. That file has no
 * name, so nothing is left of it, whatever becomes of the process. No method blocks the greenlet:
 * what is written stays in the kernel's memory for as long as it has some.
 */
export class Spool {
  private readonly folder: string;
  private chunks: Buffer[] = [];
  private descriptor: number | null = null;
  private size = 0;

  /** @param folder where the file is, while it is there */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** Bytes written. */
  get length(): number {
    return this.size;
  }

  /** Of those, bytes in memory. */
  get inMemory(): number {
    return this.descriptor === null ? this.size : 0;
  }

  write(chunk: Buffer): void {
    this.size += chunk.length;
    if (this.descriptor !== null) return writeAll(this.descriptor, chunk);
    this.chunks.push(chunk);
    if (this.size <= IN_MEMORY) return;
    this.descriptor = openNameless(this.folder);
    for (const before of this.chunks) writeAll(this.descriptor, before);
    this.chunks = [];
  }

  /** All of it, from the beginning, in pieces. */
  *read(): Generator<Buffer, void, undefined> {
    yield* this.chunks;
    if (this.descriptor === null) return;
    for (let at = 0; at < this.size;) {
      const piece = Buffer.allocUnsafe(Math.min(PIECE, this.size - at));
      const read = readSync(this.descriptor, piece, 0, piece.length, at);
      if (read === 0) throw new Error("a file that was put aside has lost its end");
      at += read;
      yield piece.subarray(0, read);
    }
  }

  /** Forgets all of it. May be called again. */
  close(): void {
    this.chunks = [];
    if (this.descriptor !== null) closeSync(this.descriptor);
    this.descriptor = null;
    this.size = 0;
  }
}

function openNameless(folder: string): number {
  const name = join(folder, `.spool-${randomUUID()}`);
  const descriptor = openSync(name, "wx+");
  unlinkSync(name);
  return descriptor;
}

function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at);
}
