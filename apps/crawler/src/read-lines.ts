import { closeSync, openSync, readSync } from "greenlit/fs";
import { errorMessage } from "./errors.js";
import { OutputError } from "./output.js";

/** Bytes read at once. */
const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;
/** The descriptor of standard input, which is not ours to close. */
const STDIN = 0;

export interface LinesOptions {
  /** Bytes of the file that count. Default: all. */
  readonly length?: number;
  /** Longest line, in bytes: for files of which nobody knows what they are. Default: any. */
  readonly longest?: number;
}

/**
 * The lines of a text file in UTF-8, read as they are asked for; the last need not end. They are
 * decoded whole, so no character is cut.
 *
 * @param file its name, which may be that of a pipe; `-` is standard input
 * @throws OutputError when it cannot be read, or a line is too long
 */
export function* readLines(
  file: string,
  { length = Infinity, longest = Infinity }: LinesOptions = {},
): Generator<string, void, undefined> {
  const isStdin = file === "-";
  const descriptor = isStdin ? STDIN : open(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let begun: Buffer[] = [];
    let size = 0;
    for (let at = 0; at < length;) {
      const count = read(file, descriptor, chunk, Math.min(CHUNK, length - at));
      if (count === 0) break;
      at += count;
      let start = 0;
      for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0 && end < count; start = end + 1) {
        yield Buffer.concat([...begun, chunk.subarray(start, end)]).toString("utf8");
        begun = [];
        size = 0;
      }
      if (start < count) begun.push(Buffer.from(chunk.subarray(start, count)));
      size += count - start;
      if (size > longest)
        throw new OutputError(`${file} has a line of more than ${longest} bytes: it is no list`);
    }
    if (begun.length > 0) yield Buffer.concat(begun).toString("utf8");
  } finally {
    if (!isStdin) closeSync(descriptor);
  }
}

function open(file: string): number {
  try {
    return openSync(file, "r");
  } catch (error) {
    throw new OutputError(`${file} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}

/** Where it is in the file is the descriptor's to know: a pipe has no positions. */
function read(file: string, descriptor: number, chunk: Buffer, count: number): number {
  try {
    return readSync(descriptor, chunk, 0, count, null);
  } catch (error) {
    throw new OutputError(`${file} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}
