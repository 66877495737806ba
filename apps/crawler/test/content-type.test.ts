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

  it("takes time in step with the length of a header", () => {
    const time = (length: number): number => {
      const blanks = ` ${"\t".repeat(length)}`;
      const { user } = process.cpuUsage();
      for (const value of [`text/html${blanks};x`, `text/html;${blanks}x=y`, `a/b;x=${blanks}x`])
        for (let i = 0; i < 3; i++) extractContentType([value]);
      return process.cpuUsage().user - user;
    };
    time(1_000); // compiled
    expect(time(64_000) / Math.max(time(1_000), 1_000)).toBeLessThan(400);
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
