import {
  closeSync,
  fdatasyncSync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "greenlit/fs";
import { errorMessage } from "./errors.js";
import { OutputError } from "./output.js";

/** Bytes kept before they are written. */
const BUFFERED = 256 * 1024;

/**
 * A file that is made as a whole: until it is finished, one that is there already stays as it is.
 * All methods may block, and throw OutputError.
 */
export class ReplacedFile {
  /** Bytes written so far. */
  bytes = 0;
  readonly file: string;
  /** Where it is written until it is whole; null for a device or a pipe, which has no before. */
  private readonly partial: string | null;
  private readonly descriptor: number;
  private isOpen = true;
  private chunks: Buffer[] = [];
  private buffered = 0;

  constructor(file: string) {
    this.file = file;
    const isRegular = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true;
    this.partial = isRegular ? `${file}.${process.pid}.partial` : null;
    this.descriptor = this.attempt(() => openSync(this.partial ?? file, "w"));
  }

  write(data: string | Buffer): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    this.chunks.push(bytes);
    this.bytes += bytes.length;
    this.buffered += bytes.length;
    if (this.buffered >= BUFFERED) this.attempt(() => this.flush());
  }

  /** Puts it in the place of the one before. */
  finish(): void {
    this.attempt(() => {
      this.flush();
      if (this.partial !== null) fdatasyncSync(this.descriptor);
      this.close();
      if (this.partial !== null) renameSync(this.partial, this.file);
    });
  }

  /** Leaves the one before as it is. */
  discard(): void {
    if (this.isOpen) this.close();
    if (this.partial !== null) unlinkSync(this.partial);
  }

  private close(): void {
    this.isOpen = false;
    closeSync(this.descriptor);
  }

  private flush(): void {
    const bytes = Buffer.concat(this.chunks);
    this.chunks = [];
    this.buffered = 0;
    for (let at = 0; at < bytes.length;) {
      at += writeSync(this.descriptor, bytes, at, bytes.length - at);
    }
  }

  private attempt<T>(write: () => T): T {
    try {
      return write();
    } catch (error) {
      throw new OutputError(`${this.file} cannot be written: ${errorMessage(error)}`, {
        cause: error,
      });
    }
  }
}

/**
 * Writes a file as a whole, or not at all.
 *
 * @param write calls `file.write` again and again; what it throws is thrown on
 */
export function replaceFile(file: string, write: (file: ReplacedFile) => void): void {
  const replaced = new ReplacedFile(file);
  try {
    write(replaced);
    replaced.finish();
  } catch (error) {
    replaced.discard();
    throw error;
  }
}
