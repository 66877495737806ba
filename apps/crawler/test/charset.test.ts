import iconv from "iconv-lite";
import { describe, expect, it } from "vitest";
import { decodePage } from "../src/charset.js";
import { extractContentType } from "../src/content-type.js";
import { ENCODINGS } from "./encodings.js";

function decodeHtml(bytes: Uint8Array, contentType: string): string {
  const { charset } = extractContentType([contentType]);
  return decodePage(bytes, { charset }).text;
}

const html = (title: string, meta = ""): string => `<html><head>${meta}<title>${title}</title>`;

describe("decodePage", () => {
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

  it("takes UTF-8 when nothing is declared and it is valid, even where it is cut", () => {
    const bytes = Buffer.from("naïve 日本語 😀");
    for (let end = bytes.length - 3; end <= bytes.length; end++) {
      const { text, encoding } = decodePage(bytes.subarray(0, end), {});
      expect(encoding).toBe("UTF-8");
      expect(text).toContain("naïve 日本語");
    }
    expect(decodePage(Buffer.from("plain"), {}).encoding).toBe("UTF-8");
    expect(decodePage(Buffer.from("na\xefve", "latin1"), {}).text).toBe("naïve");
  });

  it("finds a meta that stands further down than the standard looks", () => {
    for (const padding of [900, 1_000, 1_010, 1_020, 5_000, 40_000]) {
      const page = html("Привет", `<!--${"x".repeat(padding)}--><meta charset=koi8-r>`);
      expect(decodePage(iconv.encode(page, "koi8-r"), {}).text).toContain("Привет");
    }
    const late = `${" ".repeat(2_000)}<meta charset=iso-2022-jp><p>\x1b$BF|K\\\x1b(B`;
    expect(decodePage(Buffer.from(late), {}).text).toContain("<p>日本");
  });

  it("reads an XML declaration, and takes XML without one for UTF-8", () => {
    const xml = '<?xml version="1.0" encoding="windows-1251"?><p>Привет';
    for (const type of [{}, { xml: true }]) {
      expect(decodePage(iconv.encode(xml, "windows-1251"), type).text).toContain("Привет");
    }
    const wide = xml.replace("windows-1251", "utf-16");
    for (const encoding of ["utf-16le", "utf-16be"]) {
      expect(decodePage(iconv.encode(wide, encoding, { addBOM: false }), {}).text).toBe(wide);
    }
    const meta = '<html><meta charset="koi8-r"/><p>é';
    expect(decodePage(Buffer.from(meta), { xml: true }).text).toBe(meta);
    expect(decodePage(Buffer.from("<p>\xe9", "latin1"), { xml: true }).encoding).toBe("UTF-8");
  });

  it.each(ENCODINGS)("decodes %s: %s, by each of its labels", (name, text, hex, labels) => {
    for (const charset of [name, ...labels.split(" ").filter(Boolean)]) {
      const bytes = Buffer.from(hex, "hex");
      expect(decodePage(bytes, { charset }).text, charset).toBe(text);
      expect(decodePage(bytes, { charset: charset.toUpperCase() }).text, charset).toBe(text);
    }
  });

  it("never fails: invalid bytes, unknown charsets", () => {
    expect(decodeHtml(Buffer.from([0x61, 0xff, 0x62]), "text/html; charset=utf-8")).toBe(
      "a\uFFFDb",
    );
    expect(decodeHtml(Buffer.from("abc"), "text/html; charset=klingon")).toBe("abc");
    expect(decodeHtml(Buffer.from("abc"), "text/html; charset=x-user-defined")).toBe("abc");
    expect(decodeHtml(Buffer.from("abc"), "text/html; charset=iso-2022-kr")).toBe("abc");
    expect(decodeHtml(Buffer.alloc(0), "")).toBe("");
  });
});
