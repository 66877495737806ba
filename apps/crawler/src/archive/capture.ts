import { Digest } from "./digest.js";
import type { Exchange, Truncation } from "./exchange.js";
import {
  fieldLines,
  isDense,
  recordId,
  type WarcFields,
  warcDate,
  type WarcRecord,
} from "./warc-record.js";

/** What an index must know of one answer. */
export interface Capture {
  readonly type: "response" | "revisit";
  /** The record's. */
  readonly id: string;
  readonly url: string;
  /** As WARC-Date has it. */
  readonly date: string;
  readonly mime: string | null;
  readonly status: number;
  /** Of the body, as it was sent: `sha1:` and base32. */
  readonly digest: string;
  /** Bytes of that. */
  readonly size: number;
  readonly truncated: Truncation | null;
}

/** A line of the journal: a capture, and where it is. */
export interface Captured extends Capture {
  readonly filename: string;
  /** Where its answer begins, and the bytes of that. */
  readonly offset: number;
  readonly length: number;
  /** Where the last of its records ends. */
  readonly end: number;
}

/** A capture whose body is in the archive. */
export type Original = Pick<Capture, "id" | "url" | "date">;

/** WARC 1.1, section 6.7.2. */
const IDENTICAL_PAYLOAD = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest";

/** Bytes of a body of which a sample is compressed to see whether that is worth it. */
const WORTH_A_TRY = 64 * 1024;

const RESPONSE = "application/http;msgtype=response";
const REQUEST = "application/http;msgtype=request";
const FIELDS = "application/warc-fields";

/**
 * What was fetched, as records: the answer, the request, and how it came about. An answer whose
 * body is in the archive already becomes a `revisit`, which has the head only.
 *
 * @param exchange one that has an answer, and has ended
 * @param originalOf by the digest of the body
 */
export function captureOf(
  exchange: Exchange,
  originalOf: (digest: string) => Original | undefined,
): { readonly capture: Capture; readonly records: readonly WarcRecord[] } {
  const { digest, payload, truncated, url } = exchange;
  const { bytes: head, mime, status } = exchange.answer!;
  const isWhole = truncated === null && payload.length > 0;
  const original = isWhole ? originalOf(digest.payload) : undefined;
  const type = original === undefined ? "response" : "revisit";
  const capture: Capture = {
    type,
    id: recordId(),
    url,
    date: warcDate(exchange.began),
    mime,
    status,
    digest: digest.payload,
    size: payload.length,
    truncated,
  };
  const fields: WarcFields = [
    ["WARC-Type", type],
    ["WARC-Record-ID", capture.id],
    ...eventOf(exchange),
    ["WARC-Payload-Digest", digest.payload],
    ...(original === undefined
      ? ([
          ["WARC-Block-Digest", digest.block],
          ["WARC-Truncated", truncated],
        ] as const)
      : ([
          ["WARC-Block-Digest", digestOf(head)],
          // Section 6.7.2: said of every body that was left out.
          ["WARC-Truncated", "length"],
          ["WARC-Profile", IDENTICAL_PAYLOAD],
          ["WARC-Refers-To", original.id],
          ["WARC-Refers-To-Target-URI", original.url],
          ["WARC-Refers-To-Date", original.date],
        ] as const)),
    ["Content-Type", RESPONSE],
  ];
  const answer: WarcRecord =
    original === undefined
      ? {
          fields,
          block: both(head, payload.read()),
          length: head.length + payload.length,
          isDense: payload.length > WORTH_A_TRY && isDense(firstOf(payload.read())),
        }
      : { fields, block: [head], length: head.length };
  const request = beside("request", REQUEST, Buffer.from(exchange.sent, "latin1"));
  const metadata = beside("metadata", FIELDS, Buffer.from(fieldLines(howItCame(exchange))));
  return { capture, records: [answer, request, metadata] };

  function beside(name: string, contentType: string, block: Buffer): WarcRecord {
    return {
      fields: [
        ["WARC-Type", name],
        ["WARC-Record-ID", recordId()],
        ...eventOf(exchange),
        ["WARC-Concurrent-To", capture.id],
        ["WARC-Block-Digest", digestOf(block)],
        ["Content-Type", contentType],
      ],
      block: [block],
      length: block.length,
    };
  }
}

/** What the first record of a file says of all others. */
export function warcinfo(filename: string, about: WarcFields): WarcRecord {
  const block = Buffer.from(
    fieldLines([
      ...about,
      ["format", "WARC File Format 1.1"],
      [
        "conformsTo",
        "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
      ],
    ]),
  );
  const fields: WarcFields = [
    ["WARC-Type", "warcinfo"],
    ["WARC-Record-ID", recordId()],
    ["WARC-Date", warcDate(new Date())],
    ["WARC-Filename", filename],
    ["WARC-Block-Digest", digestOf(block)],
    ["Content-Type", FIELDS],
  ];
  return { fields, block: [block], length: block.length };
}

/** What all records of one capture have in common. */
function eventOf({ url, began, address }: Exchange): WarcFields {
  return [
    ["WARC-Target-URI", url],
    ["WARC-Date", warcDate(began)],
    ["WARC-IP-Address", address],
  ];
}

/** By the names that Heritrix gives it. */
function howItCame({ origin, duration }: Exchange): WarcFields {
  return [
    ["via", origin.via],
    ["hopsFromSeed", origin.path === "" ? null : origin.path],
    ["fetchTimeMs", String(Math.round(duration))],
  ];
}

function firstOf(pieces: Generator<Buffer>): Buffer {
  const { value } = pieces.next();
  pieces.return(undefined);
  return (value as Buffer | undefined) ?? Buffer.alloc(0);
}

function digestOf(block: Buffer): string {
  return new Digest().update(block).finish();
}

function* both(head: Buffer, rest: Iterable<Buffer>): Generator<Buffer, void, undefined> {
  yield head;
  yield* rest;
}
