import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import {
  fieldLines,
  isDense,
  recordId,
  warcDate,
  type WarcRecord,
  writeRecord,
} from "../../src/archive/warc-record.js";

async function written(record: WarcRecord): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await run(() => writeRecord(record, (bytes) => chunks.push(bytes)));
  return Buffer.concat(chunks);
}

describe("a record", () => {
  it.each([0, 1_000, 64 * 1024, 64 * 1024 + 1, 3_000_000])(
    "of %d bytes is one member of gzip",
    async (length) => {
      const block = Buffer.alloc(length, "abc");
      const fields = [
        ["WARC-Type", "resource"],
        ["None", null],
      ] as const;
      const half = length >> 1;
      const pieces = [block.subarray(0, half), block.subarray(half)];
      const bytes = await written({ fields, block: pieces, length });
      const head = `WARC/1.1\r\nWARC-Type: resource\r\nContent-Length: ${length}\r\n\r\n`;
      expect(
        gunzipSync(bytes).equals(
          Buffer.concat([Buffer.from(head), block, Buffer.from("\r\n\r\n")]),
        ),
      ).toBe(true);
    },
  );

  it("is not compressed where that is in vain", async () => {
    const block = randomBytes(500_000);
    const record = { fields: [], block: [block], length: block.length };
    const dense = await written({ ...record, isDense: true });
    expect(gunzipSync(dense).equals(gunzipSync(await written(record)))).toBe(true);
    expect(dense.length).toBeLessThan(501_000);
    expect(isDense(block)).toBe(true);
    expect(isDense(Buffer.alloc(100_000, "some text"))).toBe(false);
  });

  it("is not written when its block cannot be read", async () => {
    const broken: Iterable<Buffer> = {
      *[Symbol.iterator]() {
        yield Buffer.alloc(100_000);
        throw new Error("broken");
      },
    };
    await expect(written({ fields: [], block: broken, length: 200_000 })).rejects.toThrow("broken");
  });
});

it("lets no value become another field", () => {
  expect(fieldLines([["a", "b\r\nc: d\n\r\n"]])).toBe("a: b c: d \r\n");
});

it("has dates to the second, and names of its own", () => {
  expect(warcDate(new Date(1_764_414_000_999))).toBe("2025-11-29T11:00:00Z");
  expect(recordId()).toMatch(/^<urn:uuid:[0-9a-f-]{36}>$/);
  expect(recordId()).not.toBe(recordId());
});
