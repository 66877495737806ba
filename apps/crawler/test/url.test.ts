import { describe, expect, it } from "vitest";
import { parseUrl } from "../src/url.js";

function spelling(reference: string, base?: string): string | null {
  return parseUrl(reference, base).url?.href ?? null;
}

describe("parseUrl", () => {
  it.each([
    ["HTTP://Example.ORG", "http://example.org/"],
    ["http://example.org:80/a", "http://example.org/a"],
    ["https://example.org:443/a", "https://example.org/a"],
    ["https://example.org:80/a", "https://example.org:80/a"],
    ["http://example.org/a/../b/./c", "http://example.org/b/c"],
    ["http://example.org/a/%2e%2E/b", "http://example.org/b"],
    ["http://example.org/a#part", "http://example.org/a"],
    ["http://example.org/a#", "http://example.org/a"],
    ["http://example.org/%7Euser/%61", "http://example.org/~user/a"],
    ["http://example.org/%c3%a9%2f", "http://example.org/%C3%A9%2F"],
    ["http://example.org/é", "http://example.org/%C3%A9"],
    ["http://example.org/?q=%e9&r=%2E", "http://example.org/?q=%E9&r=."],
    ["http://example.org/?a=1&b=%26", "http://example.org/?a=1&b=%26"],
    ["http://user:secret@example.org/", "http://example.org/"],
    ["http://bücher.example/", "http://xn--bcher-kva.example/"],
    ["http://0x7f.1/", "http://127.0.0.1/"],
    ["http://example.org/100%", "http://example.org/100%"],
  ])("spells %s as %s", (reference, expected) => {
    expect(spelling(reference)).toBe(expected);
  });

  it("gives the same spelling when asked again", () => {
    const once = spelling("http://example.org/%7e%2f%C3%a9?%41=%2b#x")!;
    expect(spelling(once)).toBe(once);
  });

  it("resolves against a base", () => {
    expect(spelling("../c?d", "http://example.org/a/b/")).toBe("http://example.org/a/c?d");
    expect(spelling("//other.example/x", "https://example.org/")).toBe("https://other.example/x");
    expect(spelling("", "http://example.org/a?b#c")).toBe("http://example.org/a?b");
  });

  it.each([
    ["mailto:a@example.org", "unsupported-scheme"],
    ["javascript:void(0)", "unsupported-scheme"],
    ["ftp://example.org/", "unsupported-scheme"],
    ["data:text/html,x", "unsupported-scheme"],
    ["http://", "bad-url"],
    ["http://[broken", "bad-url"],
    ["http://example.org:99999/", "bad-url"],
    ["relative", "bad-url"],
  ])("refuses %s as %s", (reference, reason) => {
    expect(parseUrl(reference)).toEqual({ url: null, reason });
  });
});
