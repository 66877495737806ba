import { describe, expect, it } from "vitest";
import { forbidsFollowing, forbidsIndexing, headersForbid } from "../src/robots-directives.js";

describe("forbidsFollowing", () => {
  it.each([
    ["nofollow", true],
    ["noindex,nofollow", true],
    ["noindex, NONE", true],
    ["noindex nofollow", true],
    ["noindex", false],
    ["follow", false],
    ["nofollowing", false],
    ["", false],
  ])("%j: %s", (directives, expected) => {
    expect(forbidsFollowing(directives)).toBe(expected);
  });
});

describe("forbidsIndexing", () => {
  it.each([
    ["noindex", true],
    ["NONE", true],
    ["nofollow", false],
    ["index", false],
  ])("%j: %s", (directives, expected) => {
    expect(forbidsIndexing(directives)).toBe(expected);
    expect(headersForbid([directives], "mybot", forbidsIndexing)).toBe(expected);
  });
});

describe("headersForbid", () => {
  it.each([
    [["nofollow"], true],
    [["noindex", "none"], true],
    [["otherbot: nofollow"], false],
    [["otherbot: noindex, nofollow"], false],
    [["MyBot: nofollow"], true],
    [["mybot: noindex, nofollow"], true],
    [["otherbot: nofollow", "nofollow"], true],
    [["otherbot: noindex, mybot: nofollow"], true],
    [["mybot: noindex, otherbot: nofollow"], false],
    [["unavailable_after: 25 Jun 2030 15:00:00 PST, nofollow"], true],
    [["max-snippet: -1, nofollow"], true],
    [["max-snippet: -1"], false],
    [["*: nofollow"], true],
    [[], false],
  ])("%j: %s", (headers, expected) => {
    expect(headersForbid(headers, "mybot", forbidsFollowing)).toBe(expected);
  });
});
