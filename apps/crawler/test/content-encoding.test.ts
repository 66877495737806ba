import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { decompress } from "../src/content-encoding.js";

const text = Buffer.from("<p>some text</p>".repeat(100));
const undo = (body: Buffer, encoding: string, limit = 10_000): Promise<Buffer> =>
  run(() => decompress(body, encoding, { limit })) as Promise<Buffer>;

describe("decompress", () => {
  it.each([
    ["gzip", gzipSync(text)],
    ["X-GZIP", gzipSync(text)],
    ["deflate", deflateSync(text)],
    ["deflate", deflateRawSync(text)],
    ["br", brotliCompressSync(text)],
    ["identity", text],
    ["", text],
    ["gzip, br", brotliCompressSync(gzipSync(text))],
  ])("undoes %s", async (encoding, body) => {
    expect((await undo(body, encoding)).equals(text)).toBe(true);
  });

  it("reads a body that breaks off as far as it goes", async () => {
    const whole = gzipSync(text);
    const part = await undo(whole.subarray(0, whole.length - 12), "gzip");
    expect(text.subarray(0, part.length).equals(part)).toBe(true);
  });

  it("accepts an empty body", async () => {
    expect(await undo(Buffer.alloc(0), "gzip")).toHaveLength(0);
  });

  it.each(["gzip", "deflate", "br"])("stops %s at the limit", async (encoding) => {
    const compress = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync }[encoding]!;
    const bomb = compress(Buffer.alloc(1_000_000));
    expect(bomb.length).toBeLessThan(2_000);
    await expect(undo(bomb, encoding)).rejects.toMatchObject({ code: "body-too-large" });
    expect(await undo(bomb, encoding, 1_000_000)).toHaveLength(1_000_000);
  });

  it("takes the beginning of what is larger, where that is enough", async () => {
    for (const [body, encoding] of [
      [gzipSync(text), "gzip"],
      [text, "identity"],
      [brotliCompressSync(gzipSync(text)), "gzip, br"],
    ] as const) {
      const cut = await run(() => decompress(body, encoding, { limit: 500, cut: true }));
      expect(cut.equals(text.subarray(0, 500))).toBe(true);
    }
  });

  it.each([
    "none",
    "utf-8",
    "UTF-8",
    "binary",
    "8bit",
    "7bit",
    "identity",
    "klingon",
    "none, utf-8",
  ])("passes %s through: it is no compression", async (encoding) => {
    expect((await undo(text, encoding)).equals(text)).toBe(true);
    expect((await undo(gzipSync(text), `${encoding}, gzip`)).equals(text)).toBe(true);
  });

  it("refuses what is compressed again and again, before it undoes any of it", async () => {
    let body = text;
    for (let times = 0; times < 5; times++) body = gzipSync(body);
    expect((await undo(body, "gzip,".repeat(5))).equals(text)).toBe(true);
    await expect(undo(gzipSync(body), "gzip,".repeat(6))).rejects.toMatchObject({
      code: "bad-encoding",
      message: expect.stringContaining("6 times") as string,
    });
    expect((await undo(text, "identity,".repeat(600))).equals(text)).toBe(true);
  });

  it("refuses what is not what it says, and what it does not know", async () => {
    await expect(undo(Buffer.from("not gzip"), "gzip")).rejects.toMatchObject({
      code: "bad-encoding",
    });
    for (const encoding of ["zstd", "compress", "none, zstd"]) {
      await expect(undo(text, encoding)).rejects.toMatchObject({ code: "bad-encoding" });
    }
  });
});
