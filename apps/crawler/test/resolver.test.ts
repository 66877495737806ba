import { describe, expect, it } from "vitest";
import { Resolver } from "../src/resolver.js";
import { resolveReference } from "../src/url.js";

const BASES = [
  "http://example.org/",
  "https://example.org:8443/a/b/c.html?x=/y#z",
  "http://user:secret@example.org/a//b",
  "http://[::1]:80/%C3%A9/",
  "http://x/a;b:c/",
];
const PIECES = [
  ..."/a.?#=&%:@;,!$*()+-_~'\"<>[]{}|\\^` \t\n\u00e9",
  ...["..", "./", "../", "//", "/.", "b/c", "index.html", "%2e", "%2E.", "http:", "x", "1", "é"],
];

describe("Resolver", () => {
  it("makes of 50,000 references what the URL standard makes of them", () => {
    let state = 1;
    const next = (below: number): number => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (const base of BASES) {
      for (const encoding of ["UTF-8", "gbk"]) {
        const resolver = new Resolver(new URL(base), encoding);
        for (let i = 0; i < 5_000; i++) {
          const length = 1 + next(6);
          const reference = Array.from({ length }, () => PIECES[next(PIECES.length)]).join("");
          const expected = resolveReference(reference, base, encoding);
          expect(resolver.resolve(reference), `${reference} from ${base}`).toBe(expected);
        }
      }
    }
  });

  it("takes references of any length", () => {
    const resolver = new Resolver(new URL("http://example.org/a/b"), undefined);
    for (const length of [0, 1, 1_000, 1_023, 1_024, 100_000]) {
      const name = "x".repeat(length);
      expect(resolver.resolve(`/${name}`)).toBe(`http://example.org/${name}`);
      const folder = length === 0 ? "b" : name;
      expect(resolver.resolve(name)).toBe(`http://example.org/a/${folder}`);
    }
    const deep = new Resolver(new URL(`http://example.org/${"x/".repeat(5_000)}`), undefined);
    expect(deep.resolve("a")).toBe(`http://example.org/${"x/".repeat(5_000)}a`);
  });
});
