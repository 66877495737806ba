import type { Writable } from "node:stream";
import { wait } from "greenlit";

/** Characters written at once. */
const CHUNK = 64 * 1024;

/**
 * Writes pieces of text to a stream as they are made. Blocks while it cannot take more. When its
 * reader has gone, as that of `... | head`, the rest is not made.
 */
export function print(stream: Writable, pieces: Iterable<string>): void {
  let text = "";
  for (const piece of pieces) {
    text += piece;
    if (text.length < CHUNK) continue;
    if (!write(stream, text)) return;
    text = "";
  }
  if (text !== "") write(stream, text);
}

/** @returns false when nobody reads any more */
function write(stream: Writable, text: string): boolean {
  return wait(
    new Promise<boolean>((resolve) => stream.write(text, (error) => resolve(error == null))),
  );
}
