import { expect, it } from "vitest";
import { styleReferences } from "../src/stylesheet.js";

const found = (css: string): string[] =>
  [...styleReferences(css)].map(({ kind, reference }) => `${kind} ${reference}`);

it.each([
  ["a { background: url(i.png) }", ["image i.png"]],
  ["a { background: URL( \"i j.png\" ), url('k.png') }", ["image i j.png", "image k.png"]],
  [
    "@font-face { src: url(f.woff2) format('woff2'), url(g.woff) }",
    ["image f.woff2", "image g.woff"],
  ],
  [
    "@import 'a.css';@import \"b.css\" print; @IMPORT url(c.css) screen; @import url('d.css');",
    ["stylesheet a.css", "stylesheet b.css", "stylesheet c.css", "stylesheet d.css"],
  ],
  ["@namespace svg url(http://www.w3.org/2000/svg); a { b: url(c) }", ["image c"]],
  ["/* url(no) @import 'no' */ a { b: url(/*c*/d) } /* url(no)", ["image d"]],
  ["a { b: url(data:image/png;base64,AA==); c: url(#d); e: url(); f: url('') }", []],
  ["a { b: url(c\\26 d\\(e\\).png) }", ["image c&d(e).png"]],
  ["a { b: url('c\\'", []],
  ["a { b: url('it\\'s') }", ["image it's"]],
])("finds what %s refers to", (css, references) => {
  expect(found(css)).toEqual(references);
});

it("says where", () => {
  expect([...styleReferences("/* a */\nb { c: url(d) }")]).toMatchObject([{ at: 15 }]);
});

it.each([
  ["url('".repeat(400_000)],
  ['url("'.repeat(400_000)],
  ["url(" + " ".repeat(2_000_000)],
  ["@import ".repeat(250_000)],
  ["@namespace ".repeat(200_000)],
  ["/*".repeat(1_000_000)],
  ["/* */".repeat(400_000)],
  [`a{b:url(${"\\".repeat(2_000_000)}`],
])("takes a time that grows with the length", (css) => {
  const began = performance.now();
  found(css);
  expect(performance.now() - began).toBeLessThan(5_000);
});
