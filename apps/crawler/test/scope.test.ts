import { describe, expect, it } from "vitest";
import { Scope, type ScopeOptions } from "../src/scope.js";

function check(
  options: ScopeOptions,
  url: string,
  depth = 1,
  seed = "http://www.example.org/",
): string | null {
  const scope = new Scope(options);
  scope.addSeed(new URL(seed));
  return scope.check(new URL(url), depth);
}

describe("Scope", () => {
  it("counts the segments of a path", () => {
    for (const path of ["/a/b", "//a/b/?c/d/e"])
      expect(check({ maxPathDepth: 2 }, `http://www.example.org${path}`)).toBeNull();
    expect(check({ maxPathDepth: 2 }, "http://www.example.org/a/b/c")).toBe("path-too-deep");
    expect(check({ maxPathDepth: 0 }, "http://www.example.org/a")).toBe("path-too-deep");
  });

  it.each([
    ["host", "http://www.example.org/x", null],
    ["host", "https://www.example.org/x", null],
    ["host", "http://www.example.org:8080/x", "other-host"],
    ["host", "http://example.org/x", "other-host"],
    ["host", "http://docs.example.org/x", "other-host"],
    ["domain", "http://example.org/x", null],
    ["domain", "http://docs.example.org:8080/x", null],
    ["domain", "http://notexample.org/x", "other-host"],
    ["domain", "http://example.org.evil.example/x", "other-host"],
    ["any", "http://elsewhere.example/x", null],
  ] as const)("%s: %s gives %s", (mode, url, expected) => {
    expect(check({ mode }, url)).toBe(expected);
  });

  it("stays on the seed's host unless told otherwise, and takes each seed's", () => {
    expect(check({}, "http://example.org/")).toBe("other-host");
    const scope = new Scope();
    scope.addSeed(new URL("http://a.example/"));
    scope.addSeed(new URL("http://b.example/"));
    expect(scope.check(new URL("http://a.example/x"), 1)).toBe(null);
    expect(scope.check(new URL("http://b.example/x"), 1)).toBe(null);
  });

  it.each([
    ["http://www.example/", "http://other.example/", "other-host"],
    ["http://www.example/", "http://a.www.example/", null],
    ["http://www.co.uk/", "http://other.co.uk/", "other-host"],
    ["http://www.github.io/", "http://other.github.io/", "other-host"],
    ["http://github.io/", "http://other.github.io/", "other-host"],
    ["http://me.github.io/", "http://a.me.github.io/", null],
    ["http://www.me.co.uk/", "http://blog.me.co.uk/", null],
    ["http://www.www.example.org/", "http://a.www.example.org/", null],
    ["http://localhost/", "http://a.localhost/", "other-host"],
    ["http://10.0.0.1/", "http://10.0.0.1:8080/", "other-host"],
  ])("domain of %s: %s gives %s", (seed, url, expected) => {
    expect(check({ mode: "domain" }, url, 1, seed)).toBe(expected);
  });

  it("follows what is included and not excluded", () => {
    const options = {
      include: ["/docs/**", "http://www.example.org/faq"],
      exclude: ["**.pdf", "/docs/old/**"],
    };
    expect(check(options, "http://www.example.org/docs/a/b")).toBe(null);
    expect(check(options, "http://www.example.org/faq")).toBe(null);
    expect(check(options, "http://www.example.org/faq/2")).toBe("not-included");
    expect(check(options, "http://www.example.org/docs/a.pdf")).toBe("excluded");
    expect(check(options, "http://www.example.org/docs/old/x")).toBe("excluded");
  });

  it("limits the depth", () => {
    expect(check({ maxDepth: 2 }, "http://www.example.org/x", 2)).toBe(null);
    expect(check({ maxDepth: 2 }, "http://www.example.org/x", 3)).toBe("too-deep");
    expect(check({ maxDepth: 0 }, "http://www.example.org/x", 1)).toBe("too-deep");
  });
});
