import { closeSync, openSync, readSync } from "greenlit/fs";
import { errorMessage } from "./errors.js";
import { OutputError } from "./output.js";

/** Bytes read at once. */
const CHUNK = 256 * 1024;
const NEWLINE = 0x0a;

/**
 * The values in a file of JSON Lines, read as they are asked for. Lines are never cut in characters
 * that take several bytes: they are decoded whole.
 *
 * @param length bytes of the file that count; what is beyond them was never committed
 * @throws OutputError when it cannot be read, or a line is no JSON
 */
export function* readJournal<T>(file: string, length: number): Generator<T, void, undefined> {
  let line = 0;
  for (const text of linesOf(file, length)) {
    line++;
    yield parse<T>(text, file, line);
  }
}

function parse<T>(text: string, file: string, line: number): T {
  try {
    return JSON.parse(text) as T;
  } catch (error) {
    throw new OutputError(`${file}, line ${line} is not JSON: it was changed by somebody else`, {
      cause: error,
    });
  }
}

function* linesOf(file: string, length: number): Generator<string, void, undefined> {
  const descriptor = open(file);
  try {
    const chunk = Buffer.allocUnsafe(CHUNK);
    let begun: Buffer[] = [];
    for (let at = 0; at < length;) {
      const read = readSync(descriptor, chunk, 0, Math.min(CHUNK, length - at), at);
      if (read === 0) return;
      at += read;
      let start = 0;
      for (let end; (end = chunk.indexOf(NEWLINE, start)) >= 0 && end < read; start = end + 1) {
        yield Buffer.concat([...begun, chunk.subarray(start, end)]).toString("utf8");
        begun = [];
      }
      if (start < read) begun.push(Buffer.from(chunk.subarray(start, read)));
    }
  } finally {
    closeSync(descriptor);
  }
}

function open(file: string): number {
  try {
    return openSync(file, "r");
  } catch (error) {
    throw new OutputError(`${file} cannot be read: ${errorMessage(error)}`, { cause: error });
  }
}
