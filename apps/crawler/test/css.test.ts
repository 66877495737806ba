import { describe, expect, it } from "vitest";
import { styleReferences } from "../src/css.js";

const found = (css: string): string[] =>
  [...styleReferences(css)].map(({ reference, isImport }) => (isImport ? "@" : "") + reference);

describe("styleReferences", () => {
  it.each([
    ["a{background:url(a.png)}", ["a.png"]],
    ["a{background:URL( 'a b.png' ) no-repeat, url(\"c.png\")}", ["a b.png", "c.png"]],
    ["@import 'a.css';@import url(b.css) print;@IMPORT\"c.css\"", ["@a.css", "@b.css", "@c.css"]],
    ["@import url('a.css') supports(x) ; a{b:url(c)}", ["@a.css", "c"]],
    ["@font-face{src:local('x'),url(f.woff2)format('woff2')}", ["f.woff2"]],
    ["a{b:url(a\\)b\\28 c\\29.png)}", ["a)b(c).png"]],
    ["a{b:url('a\\\nb')}", ["ab"]],
    ["a{b:url(", [""]],
    ["a{b:url()}", [""]],
  ])("finds what %j refers to", (css, references) => {
    expect(found(css)).toEqual(references);
  });

  it.each([
    "/* url(a.png) @import 'b' */",
    "a::before{content:'url(a.png)'}",
    "a::before{content:\"@import 'b'\"}",
    "@namespace url(http://www.w3.org/1999/xhtml);",
    "@namespace svg 'http://www.w3.org/2000/svg';",
    "@charset 'utf-8';",
    "a{b:curl(x)}",
    "a{b:my-url(x)}",
    "a{b:url(a'b)}",
    "/* without an end url(a)",
    "a{content:'without an end url(b)",
  ])("finds nothing in %j", (css) => {
    expect(found(css)).toEqual([]);
  });

  it("says where", () => {
    const css = "a{}\n@import 'b';\nc{d:url(e)}";
    expect([...styleReferences(css)].map(({ at }) => css.slice(at, at + 3))).toEqual([
      "'b'",
      "url",
    ]);
  });

  it.each([
    ["url(", (n: number) => "url(".repeat(n)],
    ['url("', (n: number) => 'url("'.repeat(n)],
    ["url(' ", (n: number) => "url(' \n".repeat(n)],
    ["comments", (n: number) => "/*".repeat(n)],
    ["backslashes", (n: number) => "\\".repeat(4 * n)],
    ["blanks", (n: number) => `url(${" ".repeat(4 * n)}`],
    ["imports", (n: number) => "@import".repeat(n)],
  ])("takes time in step with the length of many %s", (_, make) => {
    const time = (n: number): number => {
      const css = make(n);
      const began = performance.now();
      for (const each of styleReferences(css)) void each;
      return performance.now() - began;
    };
    time(20_000);
    const fastest = (n: number): number => Math.min(time(n), time(n), time(n));
    expect(fastest(160_000)).toBeLessThan(200 * Math.max(1, fastest(5_000)));
  });
});
