import { brotliDecompressSync, gunzipSync } from "node:zlib";
import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { renderBomb, renderPage } from "../../src/demo-site/render.js";
import type { PageRoute } from "../../src/demo-site/route.js";

describe("renderPage", () => {
  it("makes a page of title and links", () => {
    const { headers, body } = renderPage({
      kind: "page",
      title: "T",
      links: ["/a"],
      head: "<!-- h -->",
    });
    expect(headers).toEqual({ "content-type": "text/html; charset=utf-8" });
    for (const part of ["<title>T</title>", '<a href="/a">', "<!-- h -->"]) {
      expect(body.toString()).toContain(part);
    }
  });

  it("declares the charset where it is told to", () => {
    const page: PageRoute = { kind: "page", title: "Привет", links: [], charset: "koi8-r" };
    const meta = renderPage({ ...page, declared: "meta" });
    expect(meta.headers).toEqual({ "content-type": "text/html" });
    expect(iconv.decode(meta.body, "koi8-r")).toContain('<meta charset="koi8-r"><title>Привет');
    const marked = renderPage({ ...page, charset: "utf-16le", declared: "bom" });
    expect([...marked.body.subarray(0, 2)]).toEqual([0xff, 0xfe]);
  });

  it("compresses", () => {
    const { headers, body } = renderPage({ kind: "page", title: "T", links: [], coding: "gzip" });
    expect(headers["content-encoding"]).toBe("gzip");
    expect(gunzipSync(body).toString()).toContain("<title>T</title>");
  });
});

describe("renderBomb", () => {
  it("is small, and larger than any body limit when it is out", () => {
    const { body } = renderBomb();
    expect(body.length).toBeLessThan(100_000);
    expect(gunzipSync(body).length).toBe(16 * 1024 * 1024);
    const twice = renderBomb({ codings: ["br", "gzip"] });
    expect(twice.headers["content-encoding"]).toBe("br, gzip");
    expect(brotliDecompressSync(gunzipSync(twice.body)).length).toBe(16 * 1024 * 1024);
  });
});
