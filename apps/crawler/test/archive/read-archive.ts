import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateRawSync } from "node:zlib";
import { expect } from "vitest";
import { WARCParser } from "warcio";

/** A record as it stands in a file. */
export interface ReadRecord {
  readonly filename: string;
  readonly offset: number;
  /** Bytes in the file. */
  readonly length: number;
  /** By their names; a record has none twice. */
  readonly fields: ReadonlyMap<string, string>;
  readonly block: Buffer;
}

const DATE = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/**
 * All records of an archive, read by the letter of WARC 1.1: each a member of gzip, nothing between
 * them and nothing behind, its digests those of what is there; and the same number of them found by
 * somebody else's reader.
 */
export async function readArchive(folder: string): Promise<ReadRecord[]> {
  const names = readdirSync(folder).filter((name) => /\.warc\.gz/.test(name));
  expect(names.filter((name) => name.endsWith(".open"))).toEqual([]);
  const records = names.sort().flatMap((name) => readFile(folder, name));
  let found = 0;
  for (const name of names) {
    const parser = new WARCParser([readFileSync(join(folder, name))]);
    for await (const record of parser) {
      await record.readFully(false);
      expect(record.warcType).toBe(records[found++]!.fields.get("WARC-Type"));
    }
  }
  expect(found).toBe(records.length);
  const ids = records.map(({ fields }) => fields.get("WARC-Record-ID"));
  expect(new Set(ids).size).toBe(ids.length);
  return records;
}

function readFile(folder: string, filename: string): ReadRecord[] {
  const bytes = readFileSync(join(folder, filename));
  const records: ReadRecord[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const length = memberLength(bytes.subarray(offset));
    const member = gunzipSync(bytes.subarray(offset, offset + length));
    records.push({ filename, offset, length, ...readRecord(member) });
    offset += length;
  }
  expect(records[0]?.fields.get("WARC-Type")).toBe("warcinfo");
  expect(records[0]?.fields.get("WARC-Filename")).toBe(filename);
  return records;
}

/** Bytes of the first member: a head of ten bytes, what is compressed, checksum and length. */
function memberLength(bytes: Buffer): number {
  expect([...bytes.subarray(0, 4)]).toEqual([0x1f, 0x8b, 8, 0]);
  const { engine } = inflateRawSync(bytes.subarray(10), { info: true }) as unknown as {
    engine: { bytesWritten: number };
  };
  return 10 + engine.bytesWritten + 8;
}

function readRecord(member: Buffer): Pick<ReadRecord, "fields" | "block"> {
  const end = member.indexOf("\r\n\r\n");
  const [version, ...lines] = member.toString("utf8", 0, end).split("\r\n");
  expect(version).toBe("WARC/1.1");
  const fields = new Map(
    lines.map((line) => /^([\w-]+): (.*)$/.exec(line)!.slice(1, 3) as [string, string]),
  );
  expect(fields.size).toBe(lines.length);
  const block = member.subarray(end + 4, -4);
  expect(member.subarray(-4).toString()).toBe("\r\n\r\n");
  expect(fields.get("Content-Length")).toBe(String(block.length));
  expect(fields.get("WARC-Date")).toMatch(DATE);
  expect(fields.get("WARC-Record-ID")).toMatch(/^<urn:uuid:[0-9a-f-]{36}>$/);
  expect(fields.get("WARC-Block-Digest")).toBe(sha1(block));
  if (fields.get("WARC-Type") === "response") {
    expect(fields.get("WARC-Payload-Digest")).toBe(sha1(payloadOf(block)));
  }
  return { fields, block };
}

/** What comes behind the head of an HTTP message. */
export function payloadOf(block: Buffer): Buffer {
  return block.subarray(block.indexOf("\r\n\r\n") + 4);
}

export function sha1(bytes: Buffer): string {
  let bits = "";
  for (const byte of createHash("sha1").update(bytes).digest())
    bits += byte.toString(2).padStart(8, "0");
  const letters = bits
    .match(/.{5}/g)!
    .map((five) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(five, 2)]);
  return `sha1:${letters.join("")}`;
}

/** A line of an index in CDXJ. */
export interface IndexLine {
  readonly key: string;
  readonly timestamp: string;
  readonly about: Readonly<Record<string, string>>;
}

/**
 * The lines of the index, which must be in order and lead to the answers of the archive, to all.
 */
export function readIndex(folder: string, records: readonly ReadRecord[]): IndexLine[] {
  const file = join(folder, "index.cdxj");
  const lines = existsSync(file) ? readFileSync(file, "latin1").split("\n") : [""];
  expect(lines.pop()).toBe("");
  expect(lines).toEqual([...lines].sort());
  const index = lines.map((line): IndexLine => {
    const [, key, timestamp, json] = /^(\S+) (\d{14}) (\{.*\})$/.exec(line)!;
    return { key: key!, timestamp: timestamp!, about: JSON.parse(json!) as IndexLine["about"] };
  });
  const answers = records.filter(({ fields }) => /response|revisit/.test(fields.get("WARC-Type")!));
  const places = answers.map(({ filename, offset, length, fields }) =>
    [filename, offset, length, fields.get("WARC-Target-URI")].join(" "),
  );
  const told = index.map(({ about: { filename, offset, length, url } }) =>
    [filename, offset, length, url].join(" "),
  );
  expect(told.sort()).toEqual(places.sort());
  return index;
}
