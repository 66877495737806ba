import type { Writable } from "node:stream";
import { type Format, LineFile, LineStream } from "./lines.js";

const JSONL: Format = { header: "", line: (value) => `${JSON.stringify(value)}\n` };

/** JSON Lines in a file. */
export class JsonlFile extends LineFile {
  /**
   * @param keep bytes of the file that stay, the rest being cut off; 0 for a new one
   * @throws OutputError when the file cannot be opened, or is shorter than that
   */
  constructor(file: string, keep: number) {
    super(file, keep, JSONL);
  }
}

/** JSON Lines to a stream. */
export class JsonlStream extends LineStream {
  constructor(stream: Writable) {
    super(stream, JSONL);
  }
}
