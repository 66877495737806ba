import { describe, expect, it } from "vitest";
import { Glob } from "../src/glob.js";

describe("Glob", () => {
  it.each([
    ["/a/*", ["/a/", "/a/b"], ["/a", "/a/b/c"]],
    ["/a/**", ["/a/", "/a/b/c?d"], ["/a"]],
    ["/?", ["/a", "/?", "//"], ["/", "/ab"]],
    ["/a.b+(c)", ["/a.b+(c)"], ["/aXb+(c)", "/a.bb(c)"]],
    ["**", ["", "/a/b"], []],
    ["/*/**/z", ["/a//z", "/a/b/c/z"], ["/z", "/a/z", "/a/b/zz"]],
    ["/*ab*c", ["/abc", "/ababc", "/abxxabxc"], ["/ab/c", "/abcd"]],
    ["***", ["", "/a/b"], []],
    ["/[a-z]", ["/[a-z]"], ["/a"]],
    ["", [""], ["/"]],
  ])("%s", (glob, matching, others) => {
    for (const text of matching) expect(new Glob(glob).matchesText(text), text).toBe(true);
    for (const text of others) expect(new Glob(glob).matchesText(text), text).toBe(false);
  });

  it("is matched with the path, or with the whole URL", () => {
    const url = new URL("http://example.org/a/b?c");
    const matching = ["/a/*", "**c", "http://example.org/**", "http://*/a/b?c"];
    for (const glob of matching) expect(new Glob(glob).matches(url), glob).toBe(true);
    for (const glob of ["example.org/**", "/a", "**#"])
      expect(new Glob(glob).matches(url), glob).toBe(false);
  });

  it.each(["/**/x/**/y/**/z", "/**x**x**x**x**x**y", "/*/*/*/*/*/*/*/z", "**?**?**?**?z"])(
    "%s takes time in step with the length of a URL",
    (pattern) => {
      const glob = new Glob(pattern);
      const time = (length: number): number => {
        const text = "x/y/".repeat(length / 4);
        const before = process.cpuUsage().user;
        for (let i = 0; i < 5; i++) glob.matchesText(`/${text}`);
        return process.cpuUsage().user - before;
      };
      time(1_000); // compiled
      expect(time(16_000) / Math.max(time(1_000), 1_000)).toBeLessThan(100);
    },
  );
});
