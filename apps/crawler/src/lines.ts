import type { Writable } from "node:stream";
import { wait } from "greenlit";
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  openSync,
  readSync,
  statSync,
  writeSync,
} from "greenlit/fs";
import { type FileOutput, type Output, OutputError, outputError } from "./output.js";

/** How values become text, each on its own. */
export interface Format {
  /** What comes before the first; may be empty. */
  readonly header: string;
  line(value: unknown): string;
}

/**
 * Lines in a file. What is written reaches the file when it is flushed, whole lines at a time; a
 * flush that fails leaves nothing behind.
 */
export class LineFile implements FileOutput<unknown> {
  readonly file: string;
  private readonly format: Format;
  private readonly descriptor: number;
  /** Devices and pipes have no length, and cannot be cut. */
  private readonly isRegular: boolean;
  private lines: string[] = [];
  private safe = 0;

  /**
   * @param keep bytes of the file that stay, the rest being cut off; 0 for a new one
   * @throws OutputError when the file cannot be opened, is shorter than that, or begins otherwise
   */
  constructor(file: string, keep: number, format: Format) {
    this.file = file;
    this.format = format;
    this.safe = keep;
    if (keep === 0 && format.header !== "") this.lines.push(format.header);
    try {
      const stats = statSync(file, { throwIfNoEntry: false });
      this.isRegular = stats?.isFile() ?? true;
      if (this.isRegular && (stats?.size ?? 0) < keep) {
        throw new OutputError(
          `${file} has lost its end: of ${keep} bytes ${stats?.size ?? 0} are left. ` +
            `Put it back, or start over with --fresh`,
        );
      }
      this.descriptor = openSync(file, this.isRegular ? "a+" : "w");
      if (keep > 0) this.checkHeader();
      if (this.isRegular) ftruncateSync(this.descriptor, keep);
    } catch (error) {
      throw outputError(file, error);
    }
  }

  /** Bytes that are safe. */
  get length(): number {
    return this.safe;
  }

  write(value: unknown): void {
    this.lines.push(this.format.line(value));
  }

  /** @throws OutputError */
  flush(): void {
    if (this.lines.length === 0) return;
    const bytes = Buffer.from(this.lines.join(""));
    this.lines = [];
    try {
      for (let at = 0; at < bytes.length;) {
        at += writeSync(this.descriptor, bytes, at, bytes.length - at); // it appends
      }
      if (this.isRegular) fdatasyncSync(this.descriptor);
      this.safe += bytes.length;
    } catch (error) {
      if (this.isRegular) ftruncateSync(this.descriptor, this.safe);
      throw outputError(this.file, error);
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  /** Lines of two kinds must not get into one file. */
  private checkHeader(): void {
    const header = Buffer.from(this.format.header);
    const found = Buffer.alloc(header.length);
    readSync(this.descriptor, found, 0, header.length, 0);
    if (found.equals(header)) return;
    throw new OutputError(
      `${this.file} has other columns than ${header.toString().trimEnd()}: ask for the same, ` +
        `or start over with --fresh`,
    );
  }
}

/** Lines to a stream, which is left open. What has gone out cannot be called back. */
export class LineStream implements Output<unknown> {
  private readonly stream: Writable;
  private readonly format: Format;
  private lines: string[] = [];

  constructor(stream: Writable, format: Format) {
    this.stream = stream;
    this.format = format;
    if (format.header !== "") this.lines.push(format.header);
    // The errors of writes come to `flush`; without a listener they would end the process as well.
    stream.on("error", () => {});
  }

  write(value: unknown): void {
    this.lines.push(this.format.line(value));
  }

  /** Blocks until the stream has passed it on. @throws OutputError */
  flush(): void {
    if (this.lines.length === 0) return;
    const text = this.lines.join("");
    this.lines = [];
    const written = new Promise<void>((resolve, reject) => {
      this.stream.write(text, (error) => (error ? reject(error) : resolve()));
    });
    try {
      wait(written);
    } catch (error) {
      throw outputError("", error);
    }
  }
}
