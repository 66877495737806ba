import { describe, expect, it } from "vitest";
import { type InventoryOptions, takeInventory, takeStyleInventory } from "../src/inventory.js";

const PAGE = new URL("https://example.org/dir/page");

const take = (html: string, options?: InventoryOptions) => takeInventory(html, PAGE, options);

/** `kind href` of each reference. */
const found = (html: string, options?: InventoryOptions): string[] =>
  take(html, options).references.map(({ kind, href }) => `${kind} ${href}`);

describe("takeInventory", () => {
  it.each([
    ["<a href=/a>", "link https://example.org/a"],
    ["<map><area href=b></map>", "link https://example.org/dir/b"],
    ["<iframe src=/f></iframe>", "frame https://example.org/f"],
    ["<meta http-equiv=Refresh content='3; url=/r'>", "refresh https://example.org/r"],
    ["<img src=/i.png>", "image https://example.org/i.png"],
    ["<input type=image src=/i.png>", "image https://example.org/i.png"],
    ["<svg><image href=/i.png /></svg>", "image https://example.org/i.png"],
    ["<svg><a xlink:href=/a></a></svg>", "link https://example.org/a"],
    ["<script src=/s.js></script>", "script https://example.org/s.js"],
    ["<link rel=stylesheet href=/s.css>", "stylesheet https://example.org/s.css"],
    ["<link rel='alternate stylesheet' href=/s.css>", "stylesheet https://example.org/s.css"],
    ["<link rel='shortcut icon' href=/i.ico>", "icon https://example.org/i.ico"],
    ["<link rel=manifest href=/m.json>", "manifest https://example.org/m.json"],
    ["<link rel=modulepreload href=/m.js>", "preload https://example.org/m.js"],
    ["<link rel=canonical href=/c>", "canonical https://example.org/c"],
    [
      "<link rel=alternate type=application/rss+xml href=/feed>",
      "alternate https://example.org/feed",
    ],
    ["<audio src=/a.ogg></audio>", "media https://example.org/a.ogg"],
    ["<video><track src=/t.vtt></video>", "media https://example.org/t.vtt"],
    ["<object data=/o.svg></object>", "object https://example.org/o.svg"],
    ["<form action=/send></form>", "form https://example.org/send"],
    ["<body background=/b.png>", "image https://example.org/b.png"],
    ["<svg><use href=/icons.svg#a /></svg>", "image https://example.org/icons.svg#a"],
    ["<blockquote cite=/c></blockquote>", "cite https://example.org/c"],
    ["<p style='background:url(/b.png)'>", "style https://example.org/b.png"],
    ["<style>@import '/s.css';</style>", "stylesheet https://example.org/s.css"],
    ["<style>@font-face{src:url(/f.woff)}</style>", "style https://example.org/f.woff"],
  ])("finds what %s refers to", (html, reference) => {
    expect(found(html)).toEqual([reference]);
  });

  it("finds each image of a video and of a srcset", () => {
    expect(found("<video src=v.webm poster=p.png></video>")).toEqual([
      "media https://example.org/dir/v.webm",
      "image https://example.org/dir/p.png",
    ]);
    const srcset = "a.png, b,c.png 2x,d.png 100w , data:image/png;base64,AA== 3x,,e.png,";
    expect(found(`<img srcset='${srcset}'>`)).toEqual(
      ["a.png", "b,c.png", "d.png", "e.png"].map((name) => `image https://example.org/dir/${name}`),
    );
  });

  it.each([
    "<a>no link</a>",
    "<a href=mailto:a@example.org>",
    "<a href='javascript:void(0)'>",
    "<img src=data:,>",
    "<link rel=preconnect href=https://cdn.example>",
    "<form></form>",
    "<form action=''></form>",
    "<template><a href=/a></template>",
    "<!-- <a href=/a> -->",
    "<script>'<a href=/a>'</script>",
    "<script>'url(/a.png)'</script>",
    "<template><style>a{b:url(/a.png)}</style></template>",
    "<svg><use href=#a /></svg>",
    "<p style='filter:url(#a)'>",
  ])("finds nothing in %s", (html) => {
    expect(found(html)).toEqual([]);
  });

  it("keeps fragments, in the crawler's spelling of the rest", () => {
    expect(found("<a href='HTTPS://Example.org:443/%7Eme/../b#A%20b'><a href=#top>")).toEqual([
      "link https://example.org/b#A%20b",
      "link https://example.org/dir/page#top",
    ]);
  });

  it("resolves against the base of the page, queries in the page's encoding", () => {
    const html = "<base href=/base/><a href='x?q=ü#ü'><base href=/other/>";
    expect(found(html, { encoding: "windows-1252" })).toEqual([
      "link https://example.org/base/x?q=%FC#%C3%BC",
    ]);
  });

  it.each(["http://[::1", "https://exa mple.org/", "htp://example.org/", "ttps://example.org/"])(
    "says that %s is no URL",
    (href) => {
      expect(take(`<a href='${href}'>`).references).toEqual([
        { kind: "link", href, line: 1, problem: "bad-url" },
      ]);
    },
  );

  it("says where nothing stands", () => {
    expect(take("<a href=''><img src=' '>").references).toEqual([
      { kind: "link", href: PAGE.href, line: 1, problem: "empty" },
      { kind: "image", href: PAGE.href, line: 1, problem: "empty" },
    ]);
  });

  it("tells the first line of each", () => {
    const html = "<p>\n\n<a\nhref=/a>\n<img src=/i>\n<a href=/a><a href=/b>";
    expect(take(html).references.map(({ href, line }) => [href.slice(-2), line])).toEqual([
      ["/a", 3],
      ["/i", 5],
      ["/b", 6],
    ]);
  });

  it("tells the line within a <style>, and of the element that has a style", () => {
    const html = "\n<style>\na{b:url(x)}\n</style>\n<p\nstyle='\nb:url(y)'><style>c{d:url(z)}";
    expect(take(html).references.map(({ href, line }) => [href.slice(-1), line])).toEqual([
      ["x", 3],
      ["y", 5],
      ["z", 7],
    ]);
  });

  it("is taken of style sheets, too", () => {
    const css = "@import 'b.css';\na{b:url(../c.png)}";
    expect(takeStyleInventory(css, PAGE)).toEqual({
      references: [
        { kind: "stylesheet", href: "https://example.org/dir/b.css", line: 1 },
        { kind: "style", href: "https://example.org/c.png", line: 2 },
      ],
      anchors: null,
    });
  });

  it("finds what fragments can point at", () => {
    const html = "<h1 id=a>A</h1><a name=b><p name=c id=''><svg><g id=d></g></svg><p id=a>";
    expect(take(html).anchors).toEqual(["a", "b", "d"]);
  });

  it("takes so many of a page and no more", () => {
    const html = Array.from({ length: 30 }, (_, i) => `<a id=${i} href=/${i}>`).join("");
    const { references, anchors } = take(html, { limit: 20 });
    expect(references).toHaveLength(20);
    expect(anchors).toBe(null);
  });

  it("reads XML", () => {
    expect(found("<html><script src='a'/><img src='b'/></html>", { xml: true })).toEqual([
      "script https://example.org/dir/a",
      "image https://example.org/dir/b",
    ]);
  });

  it.each([
    ["lines", (n: number) => "\n<a href=/x>".repeat(n)],
    ["srcset", (n: number) => `<img srcset="${", ".repeat(n)}">`],
    ["ids", (n: number) => "<p id=x>".repeat(n)],
    ["depth", (n: number) => "<div>".repeat(n)],
  ])("takes time in step with the length of a page of many %s", (_, make) => {
    const time = (n: number): number => {
      const html = make(n);
      const began = performance.now();
      take(html);
      return performance.now() - began;
    };
    time(10_000);
    const fastest = (n: number): number => Math.min(time(n), time(n), time(n));
    expect(fastest(160_000)).toBeLessThan(200 * Math.max(1, fastest(5_000)));
  });
});
