import { describe, expect, it } from "vitest";
import { parseRefresh } from "../src/refresh.js";

describe("parseRefresh", () => {
  it.each([
    ["0; url=/next", "/next"],
    ["  5 ;  URL = /next", "/next"],
    ["0;/next", "/next"],
    ["3 /next", "/next"],
    ["0, /next", "/next"],
    [".5; /next", "/next"],
    ['0;url="/x" y', "/x"],
    ["0;url='/x", "/x"],
    ['0; "/x"', "/x"],
    ["0; urn:x", "urn:x"],
    ["0; url", "url"],
    ["0;url=", null],
    ['0;url=""', null],
    ["0;", null],
    ["30", null],
    ["soon; url=/x", null],
    ["-1; url=/x", null],
    ["0x; url=/x", null],
    ["; url=/x", null],
    ["", null],
  ])("%j leads to %j", (content, expected) => {
    expect(parseRefresh(content)).toBe(expected);
  });
});
