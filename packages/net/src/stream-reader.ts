import type { Readable } from "node:stream";
import { Reader } from "./reader.js";
import { StreamSource } from "./stream-source.js";

/**
 * Reads a Node stream in blocking style. The stream stays in paused mode: no more than its own
 * `highWaterMark` is buffered while nobody reads, and the sender is held back by then.
 */
export class StreamReader extends Reader {
  /** @param what names the object in dumps and errors, as "net.Socket". */
  constructor(stream: Readable, what: string) {
    super(new StreamSource(stream, what), what);
  }
}
