import { expect, it } from "vitest";
import { cdxjLine } from "../../src/archive/cdxj.js";
import type { Captured } from "../../src/archive/capture.js";

const captured: Captured = {
  type: "response",
  id: "<urn:uuid:1>",
  url: "http://www.example.org/a b?x",
  date: "2026-11-29T01:02:03Z",
  mime: "text/html",
  status: 200,
  digest: "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ",
  size: 7,
  truncated: null,
  filename: "a.warc.gz",
  offset: 10,
  length: 20,
  end: 40,
};

it("has the key, the time, and where the record is", () => {
  expect(cdxjLine(captured)).toBe(
    "org,example)/a%20b?x 20261129010203 " +
      '{"url":"http://www.example.org/a b?x","mime":"text/html","status":"200",' +
      '"digest":"sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ","length":"20","offset":"10",' +
      '"filename":"a.warc.gz"}',
  );
});

it("says of a revisit that it is one, and of no type that it is unknown", () => {
  expect(cdxjLine({ ...captured, type: "revisit" })).toContain('"mime":"warc/revisit"');
  expect(cdxjLine({ ...captured, mime: null })).toContain('"mime":"unk"');
});

it("is ASCII, whatever a server says", () => {
  const line = cdxjLine({ ...captured, mime: 'te"xt/ü\n€' });
  expect(line).toMatch(/^[\x20-\x7e]+$/);
  expect(
    (JSON.parse(line.replace(/^.*? {/, "{").replace(/^\S+ \d+ /, "")) as { mime: string }).mime,
  ).toBe('te"xt/ü\n€');
});
