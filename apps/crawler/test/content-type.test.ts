import { describe, expect, it } from "vitest";
import { extractContentType, isUnknown, sniffContentType } from "../src/content-type.js";

describe("extractContentType", () => {
  it.each<[string[], string, string | undefined]>([
    [["text/html; charset=UTF-8"], "text/html", "UTF-8"],
    [['text/html;charset="koi8-r"'], "text/html", "koi8-r"],
    [["text/html; boundary=x; Charset = utf-8 ; charset=x"], "text/html", "x"],
    [["TEXT/HTML ;charset=utf-8"], "text/html", "utf-8"],
    [["text/html;;charset=UTF-8"], "text/html", "UTF-8"],
    [["text/html,text/html"], "text/html", undefined],
    [["text/html, charset=utf-8"], "text/html", undefined],
    [["text/plain", "text/html; charset=utf-8"], "text/html", "utf-8"],
    [["text/html;charset=gbk", "text/html"], "text/html", "gbk"],
    [["text/html;charset=gbk", "image/png"], "image/png", undefined],
    [["text/html", "nonsense"], "text/html", undefined],
    [["text/html, */*"], "text/html", undefined],
    [['text/html; x="a,b"; charset=gbk'], "text/html", "gbk"],
    [['text/html; x="a\\",b"; charset=gbk'], "text/html", "gbk"],
    [["*/*"], "", undefined],
    [["html"], "", undefined],
    [[""], "", undefined],
    [[], "", undefined],
  ])("of %j is %s, %s", (headers, mediaType, charset) => {
    expect(extractContentType(headers)).toEqual({ mediaType, charset });
  });

  it("knows what says nothing", () => {
    const unknown = ["", "*/*", "unknown/unknown", "application/unknown", "text", "text/html"];
    expect(unknown.map((value) => isUnknown(extractContentType([value])))).toEqual([
      true,
      true,
      true,
      true,
      true,
      false,
    ]);
  });
});

describe("sniffContentType", () => {
  it.each([
    ["<!DOCTYPE html><p>", "text/html"],
    [" \n<html>", "text/html"],
    ["<!-- x --><a href=x>", "text/html"],
    ["<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>", "application/xhtml+xml"],
    ["<?xml version='1.0'?><rss>", "text/xml"],
    ["%PDF-1.4", "application/pdf"],
    ["just text", "text/plain"],
    ["\0\u0001\u0002", "application/octet-stream"],
  ])("%j is %s", (body, mediaType) => {
    expect(sniffContentType(Buffer.from(body), false).mediaType).toBe(mediaType);
  });

  it("does not look for HTML where the server asks not to", () => {
    expect(sniffContentType(Buffer.from("<!DOCTYPE html>"), true).mediaType).toBe("text/plain");
  });
});
