import { randomUUID } from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { constants, createGzip, deflateRawSync, gzipSync } from "node:zlib";
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
  /** Whether it cannot be made shorter: as pictures, and what was sent compressed. */
  readonly isDense?: boolean;
}

/** Bytes of a block that are compressed at once; more are handed to another thread. */
const AT_ONCE = 64 * 1024;

/** Bytes that are tried. */
const SAMPLE = 16 * 1024;

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
  if (record.length > AT_ONCE) compress(record, write);
  else write(gzipSync(Buffer.concat([...pieces(record)])));
}

/** Whether bytes such as these become no shorter by compression: then it is not worth the time. */
export function isDense(sample: Buffer): boolean {
  const some = sample.subarray(0, SAMPLE);
  return deflateRawSync(some, { level: 1 }).length > some.length * 0.9;
}

function* pieces({ fields, block, length }: WarcRecord): Generator<Buffer, void, undefined> {
  const lines = fieldLines([...fields, ["Content-Length", String(length)]]);
  yield Buffer.from(`WARC/1.1\r\n${lines}\r\n`);
  yield* block;
  yield Buffer.from("\r\n\r\n");
}

function compress(record: WarcRecord, write: (bytes: Buffer) => void): void {
  const level =
    record.isDense === true ? constants.Z_NO_COMPRESSION : constants.Z_DEFAULT_COMPRESSION;
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
  wait(pipeline(Readable.from(pieces(record)), createGzip({ level }), target));
}
