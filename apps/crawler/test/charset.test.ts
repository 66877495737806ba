import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { charsetOf, decodeHtml } from "../src/charset.js";

const html = (title: string, meta = ""): string => `<html><head>${meta}<title>${title}</title>`;

describe("decodeHtml", () => {
  it.each([
    ["utf-8", "naïve 日本語"],
    ["windows-1252", "“quoted” – 5 €"],
    ["iso-8859-2", "Łódź"],
    ["koi8-r", "Привет"],
    ["shift_jis", "日本語"],
    ["euc-jp", "日本語"],
    ["gb18030", "中文"],
    ["big5", "中文"],
    ["euc-kr", "한국어"],
  ])("reads %s declared in the header or in a meta", (charset, text) => {
    const plain = iconv.encode(html(text), charset);
    expect(decodeHtml(plain, `text/html; charset=${charset}`)).toBe(html(text));
    const meta = `<meta charset="${charset}">`;
    expect(decodeHtml(iconv.encode(html(text, meta), charset), "text/html")).toBe(html(text, meta));
    const pragma = `<meta http-equiv="Content-Type" content="text/html; charset=${charset}">`;
    expect(decodeHtml(iconv.encode(html(text, pragma), charset), "")).toBe(html(text, pragma));
  });

  it("believes a byte order mark more than the header, and the header more than a meta", () => {
    for (const charset of ["utf-8", "utf-16le", "utf-16be"]) {
      const bytes = iconv.encode(html("é€"), charset, { addBOM: true });
      expect(decodeHtml(bytes, "text/html; charset=shift_jis")).toBe(html("é€"));
    }
    const bytes = iconv.encode(html("é", '<meta charset="koi8-r">'), "windows-1252");
    expect(decodeHtml(bytes, "text/html; charset=windows-1252")).toContain("<title>é<");
  });

  it("takes windows-1252 when nothing is declared, and maps its 0x80 to 0x9F", () => {
    const bytes = Buffer.from(Array.from({ length: 32 }, (_, i) => 0x80 + i));
    expect(decodeHtml(bytes, "text/html")).toMatch(/^€.‚ƒ„…†‡ˆ‰Š‹Œ.Ž..‘’“”•–—˜™š›œ.žŸ$/);
    expect(decodeHtml(bytes, "text/html; charset=iso-8859-1")).toContain("“”");
  });

  it("never fails: invalid bytes, unknown charsets", () => {
    expect(decodeHtml(Buffer.from([0x61, 0xff, 0x62]), "text/html; charset=utf-8")).toBe(
      "a\uFFFDb",
    );
    expect(decodeHtml(Buffer.from("abc"), "text/html; charset=klingon")).toBe("abc");
    expect(decodeHtml(Buffer.from("abc"), "text/html; charset=x-user-defined")).toBe("abc");
    expect(decodeHtml(Buffer.alloc(0), "")).toBe("");
  });
});

describe("charsetOf", () => {
  it.each([
    ["text/html; charset=UTF-8", "UTF-8"],
    ['text/html;charset="koi8-r"', "koi8-r"],
    ["text/html; boundary=x; Charset = utf-8 ; y", "utf-8"],
    ["text/html", null],
    ["", null],
  ])("of %j is %j", (contentType, charset) => {
    expect(charsetOf(contentType)).toBe(charset);
  });
});
