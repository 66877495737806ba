import { describe, expect, it } from "vitest";
import { ownedDomain } from "../src/public-suffix.js";

describe("ownedDomain", () => {
  it.each([
    ["www.example.org", "example.org"],
    ["a.b.example.co.uk", "example.co.uk"],
    ["me.github.io", "me.github.io"],
    ["github.io", null],
    ["co.uk", null],
    ["localhost", null],
    ["127.0.0.1", null],
    ["[::1]", null],
  ])("of %s is %s", (host, expected) => {
    expect(ownedDomain(host)).toBe(expected);
  });
});
