import { randomUUID } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGzip, gzipSync } from "node:zlib";
import { wait } from "greenlit";

/** Names and values, in their order. Those without a value are left out. */
export type WarcFields = readonly (readonly [name: string, value: string | null])[];

/** A record of WARC 1.1 (ISO 28500:2017), its length not among its fields. */
export interface WarcRecord {
  readonly fields: WarcFields;
  /** In pieces. */
  readonly block: Iterable<Buffer>;
  /** Bytes of the block. */
  readonly length: number;
}

/** Bytes of a block that are compressed at once; more are handed to another thread. */
const AT_ONCE = 64 * 1024;

/** A name for a record: nobody else gives one the same. */
export function recordId(): string {
  return `<urn:uuid:${randomUUID()}>`;
}

/** To the second: what readers of all ages understand. */
export function warcDate(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, "Z");
}

/** Fields as lines, each with its end. What came from outside cannot become another field. */
export function fieldLines(fields: WarcFields): string {
  return fields
    .filter((field): field is readonly [string, string] => field[1] !== null)
    .map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, " ")}\r\n`)
    .join("");
}

/**
 * Writes a record, compressed: a member of gzip, alone. May block.
 *
 * @param write takes what it becomes, in pieces; must not block
 */
export function writeRecord(record: WarcRecord, write: (bytes: Buffer) => void): void {
  if (record.length > AT_ONCE) compress(pieces(record), write);
  else write(gzipSync(Buffer.concat([...pieces(record)])));
}

function* pieces({ fields, block, length }: WarcRecord): Generator<Buffer, void, undefined> {
  const lines = fieldLines([...fields, ["Content-Length", String(length)]]);
  yield Buffer.from(`WARC/1.1\r\n${lines}\r\n`);
  yield* block;
  yield Buffer.from("\r\n\r\n");
}

function compress(bytes: Iterable<Buffer>, write: (bytes: Buffer) => void): void {
  const target = new Writable({
    write(chunk: Buffer, _, done) {
      try {
        write(chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  wait(pipeline(Readable.from(bytes), createGzip(), target));
}
