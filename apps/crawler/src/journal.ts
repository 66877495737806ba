import { readLines } from "./read-lines.js";
import { OutputError } from "./output.js";

/**
 * The values in a file of JSON Lines, read as they are asked for.
 *
 * @param length bytes of the file that count; what is beyond them was never committed
 * @throws OutputError when it cannot be read, or a line is no JSON
 */
export function* readJournal<T>(file: string, length: number): Generator<T, void, undefined> {
  let line = 0;
  for (const text of readLines(file, { length })) {
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
