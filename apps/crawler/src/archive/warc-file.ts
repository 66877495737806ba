import { closeSync, openSync, unlinkSync, writeSync as writeAtOnce } from "node:fs";
import { join } from "node:path";
import { fdatasyncSync, ftruncateSync, renameSync } from "greenlit/fs";
import { type WarcRecord, writeRecord } from "./warc-record.js";

/** What the name of a file ends with while it is being written: a convention of Heritrix's. */
export const OPEN = ".open";

/** Bytes kept before they are written. */
const BUFFERED = 256 * 1024;

/** A WARC file that is being written. */
export class WarcFile {
  /** Its name when it is whole. */
  readonly name: string;
  private readonly path: string;
  private readonly descriptor: number;
  private chunks: Buffer[] = [];
  private buffered = 0;
  private written = 0;

  constructor(folder: string, name: string) {
    this.name = name;
    this.path = join(folder, name);
    this.descriptor = openSync(this.path + OPEN, "wx");
  }

  /** Bytes so far. */
  get length(): number {
    return this.written + this.buffered;
  }

  /** May block. @returns bytes that the record takes in the file */
  append(record: WarcRecord): number {
    const before = this.length;
    writeRecord(record, (bytes) => this.write(bytes));
    return this.length - before;
  }

  /** Brings all of it to the disk. Blocks until it is there. */
  sync(): void {
    this.flush();
    fdatasyncSync(this.descriptor);
  }

  /** Takes back what is beyond. */
  cut(length: number): void {
    this.chunks = [];
    this.buffered = 0;
    this.written = length;
    ftruncateSync(this.descriptor, length);
  }

  /** It is whole: it gets its name. */
  finish(): void {
    closeSync(this.descriptor);
    renameSync(this.path + OPEN, this.path);
  }

  /** Leaves it as it is, for the next run to see to. */
  close(): void {
    closeSync(this.descriptor);
  }

  remove(): void {
    closeSync(this.descriptor);
    unlinkSync(this.path + OPEN);
  }

  /** Called by a stream as well: it must not block. */
  private write(bytes: Buffer): void {
    this.chunks.push(bytes);
    this.buffered += bytes.length;
    if (this.buffered >= BUFFERED) this.flush();
  }

  private flush(): void {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    this.buffered = 0;
    for (let at = 0; at < bytes.length;) {
      const length = writeAtOnce(this.descriptor, bytes, at, bytes.length - at, this.written);
      at += length;
      this.written += length;
    }
  }
}
