import type { Stats } from "node:fs";
import type { WaitOptions } from "@greenlit/core/blocking-call";

/** A path, as text or as the bytes that the system has for it. */
export type Path = string | Uint8Array;

/**
 * Files by completion. Results and errors are those of Node's functions of the same meaning, and
 * each method keeps the contract of every blocking call: `what` is its name in errors.
 *
 * A call that is interrupted throws at once, but what the kernel has begun may still happen: the
 * buffer of a read may be written to until then, that of a write be read.
 */
export interface FileOperations {
  /** @returns a descriptor, which children do not inherit. */
  open(path: Path, flags: number, mode: number, what: string, options?: WaitOptions): number;
  close(fd: number, what: string, options?: WaitOptions): void;
  /** @param position null: where the file stands. @returns how many bytes were read. */
  read(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
    what: string,
    options?: WaitOptions,
  ): number;
  /** @param position null: where the file stands. @returns how many bytes were written. */
  write(
    fd: number,
    buffer: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
    what: string,
    options?: WaitOptions,
  ): number;
  fsync(fd: number, what: string, options?: WaitOptions): void;
  fdatasync(fd: number, what: string, options?: WaitOptions): void;
  stat(path: Path, what: string, options?: WaitOptions): Stats;
  lstat(path: Path, what: string, options?: WaitOptions): Stats;
  fstat(fd: number, what: string, options?: WaitOptions): Stats;
  /** All of a file, which is opened, read and closed on the way. */
  readFile(path: Path, flags: number, what: string, options?: WaitOptions): Buffer;
}
