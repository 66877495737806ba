import { describe, expect, it } from "vitest";
import { captureOf, warcinfo } from "../../src/archive/capture.js";
import { Exchange } from "../../src/archive/exchange.js";
import type { WarcRecord } from "../../src/archive/warc-record.js";
import { temporaryFolder } from "../folder.js";
import { sha1 } from "./read-archive.js";

function exchange(body: string, truncated: Exchange["truncated"] = null): Exchange {
  const draft = { url: new URL("http://a.example/x"), headers: {}, proxy: null };
  const made = new Exchange(draft, { via: "http://a.example/", path: "L" }, temporaryFolder());
  const response = { status: 200, statusText: "OK", headers: {}, rawHeaders: ["A", "b"] };
  const unread = { read: () => null, bytes: () => Buffer.alloc(0), destroy: () => {} };
  made.answered({ ...response, body: unread });
  if (body !== "") made.receive(Buffer.from(body));
  made.end(truncated);
  made.address = "192.0.2.1";
  return made;
}

const fieldsOf = ({ fields }: WarcRecord): Record<string, string | null> =>
  Object.fromEntries(fields);
const blockOf = ({ block }: WarcRecord): string => Buffer.concat([...block]).toString();
const HEAD = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
const ORIGINAL = { id: "<urn:uuid:1>", url: "http://b.example/", date: "2026-01-01T00:00:00Z" };

describe("a capture", () => {
  it("is an answer, its request, and how it came", () => {
    const { capture, records } = captureOf(exchange("text"), () => undefined);
    expect(capture).toMatchObject({ type: "response", size: 4, digest: sha1(Buffer.from("text")) });
    const [answer, request, metadata] = records as [WarcRecord, WarcRecord, WarcRecord];
    expect(blockOf(answer)).toBe(`${HEAD}text`);
    expect(answer.length).toBe(HEAD.length + 4);
    expect(blockOf(request)).toBe("GET /x HTTP/1.1\r\nhost: a.example\r\n\r\n");
    expect(blockOf(metadata)).toMatch(
      /^via: http:\/\/a\.example\/\r\nhopsFromSeed: L\r\nfetchTimeMs: \d+\r\n$/,
    );
    for (const record of [request, metadata]) {
      expect(fieldsOf(record)).toMatchObject({
        "WARC-Concurrent-To": capture.id,
        "WARC-IP-Address": "192.0.2.1",
        "WARC-Target-URI": "http://a.example/x",
        "WARC-Date": capture.date,
        "WARC-Block-Digest": sha1(Buffer.from(blockOf(record))),
      });
    }
  });

  it("is a revisit when the body is there", () => {
    const { capture, records } = captureOf(exchange("text"), () => ORIGINAL);
    expect(capture.type).toBe("revisit");
    expect(blockOf(records[0]!)).toBe(HEAD);
    expect(fieldsOf(records[0]!)).toMatchObject({
      "WARC-Refers-To": ORIGINAL.id,
      "WARC-Refers-To-Target-URI": ORIGINAL.url,
      "WARC-Refers-To-Date": ORIGINAL.date,
      "WARC-Block-Digest": sha1(Buffer.from(HEAD)),
    });
  });

  it("is none when there is no body, or not all of it", () => {
    for (const it of [exchange(""), exchange("text", "time")])
      expect(captureOf(it, () => ORIGINAL).capture.type).toBe("response");
  });
});

it("begins a file with what all have in common", () => {
  const record = warcinfo("a.warc.gz", [["software", "me/1"]]);
  expect(fieldsOf(record)).toMatchObject({ "WARC-Type": "warcinfo", "WARC-Filename": "a.warc.gz" });
  expect(blockOf(record)).toBe(
    "software: me/1\r\nformat: WARC File Format 1.1\r\n" +
      "conformsTo: http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/\r\n",
  );
});
