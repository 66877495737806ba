import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { extractLinks } from "../src/links.js";

const PAGE = "http://example.org/dir/page";

function hrefs(html: string, url = PAGE): string[] {
  return extractLinks(html, url).links.map(({ href }) => href);
}

describe("extractLinks", () => {
  it("finds the elements that lead to pages, in order, each URL once", () => {
    const html = `<a href="a">1</a><map><area href=/b></map><iframe src='c?d=1&amp;e=2'></iframe>
      <frameset><frame src=//other.example/f></frameset><a href="a">again</a><a href="./a">again</a>
      <img src=i.png><script src=s.js></script><form action=/post></form><a name=anchor>x</a>`;
    expect(hrefs(html)).toEqual([
      "http://example.org/dir/a",
      "http://example.org/b",
      "http://example.org/dir/c?d=1&e=2",
      "http://other.example/f",
    ]);
  });

  it("follows link elements only to pages, and reports the canonical URL", () => {
    const html = `<link rel=stylesheet href=s.css><link rel="prefetch NEXT" href=2><link rel=prev href=0>
      <link rel=alternate type="application/rss+xml" href=feed><link rel=alternate hreflang=de href=/de>
      <link rel=canonical href=/canonical><link rel=canonical href=/second>`;
    const page = extractLinks(html, PAGE);
    expect(page.links.map(({ href }) => href)).toEqual([
      "http://example.org/dir/2",
      "http://example.org/dir/0",
      "http://example.org/de",
    ]);
    expect(page.canonical).toBe("http://example.org/canonical");
  });

  it("resolves against the first base, wherever it stands", () => {
    expect(hrefs("<a href=x><base target=_top><base href=/b/><base href=/c/><a href=y>")).toEqual([
      "http://example.org/b/x",
      "http://example.org/b/y",
    ]);
    expect(hrefs("<base href='http://['><a href=x>")).toEqual(["http://example.org/dir/x"]);
  });

  it.each([
    ["0; url=/next", "/next"],
    ["5;URL='/next'", "/next"],
    ['0, url = "/next"', "/next"],
    ["3 /next", "/next"],
    ["0.5;/next", "/next"],
  ])("follows a refresh %s", (content, path) => {
    const html = `<meta http-equiv=Refresh content="${content.replaceAll('"', "&quot;")}">`;
    expect(hrefs(html)).toEqual([`http://example.org${path}`]);
  });

  it("does not follow a refresh of the page itself", () => {
    expect(hrefs("<meta http-equiv=refresh content=30>")).toEqual([]);
  });

  it("reads words with blanks or commas between them", () => {
    const html = `<a rel="external,nofollow" href=a><a rel="UGC, x" href=b><a rel="x,y" href=c>`;
    const { links } = extractLinks(html, PAGE);
    expect(links.map(({ nofollow }) => nofollow)).toEqual([true, true, false]);
  });

  it("marks nofollow: a URL counts as such when every link to it does", () => {
    const html = `<a rel="external NoFollow" href=a><a rel=ugc href=b><a rel=sponsored href=c>
      <a rel=noopener href=d><a rel=nofollow href=e><a href=e>`;
    const { links } = extractLinks(html, PAGE);
    expect(links.map(({ nofollow }) => nofollow)).toEqual([true, true, true, false, false]);
  });

  it("marks every link when a meta robots asks for it, before or after them", () => {
    for (const content of ["nofollow", "NOINDEX, NOFOLLOW", "none"]) {
      const html = `<a href=a><meta name=Robots content="${content}"><a href=b>`;
      expect(extractLinks(html, PAGE).links.every(({ nofollow }) => nofollow)).toBe(true);
    }
    const html = '<meta name=robots content="noindex, follow"><a href=a>';
    expect(extractLinks(html, PAGE).links[0]!.nofollow).toBe(false);
  });

  it("keeps a reference that is no URL as it stands, for the caller to count", () => {
    expect(hrefs("<a href='http://['><a href='mailto:a@b'>")).toEqual(["http://[", "mailto:a@b"]);
  });

  it("ignores links within the page", () => {
    expect(hrefs("<a href='#top'><a href=' #x '>")).toEqual([]);
  });

  it("reads the title: the first, entities decoded, white space collapsed, at most 300 characters", () => {
    const title = (html: string): string | null => extractLinks(html, PAGE).title;
    expect(title("<title>\n A &amp; B\t&lt;i&gt; </title><title>second</title>")).toBe("A & B <i>");
    expect(title("<title></title>")).toBe("");
    expect(title("<p>no title")).toBe(null);
    const cdata = "<html><title>a &amp;<![CDATA[ &lt; <b>]]></title></html>";
    expect(extractLinks(cdata, PAGE, { xml: true }).title).toBe("a & &lt; <b>");
    expect(title(`<title>${"x".repeat(1_000)}</title>`)).toHaveLength(300);
  });

  it.each([
    ["unclosed tags", "<html><body><a href=a <p>x<table><a href=b", ["http://example.org/dir/a"]],
    ["stray ends", "</div></a></html><a href=a>", ["http://example.org/dir/a"]],
    ["a quoted >", "<a title='a > b' HREF = a>", ["http://example.org/dir/a"]],
    ["line breaks in the address", "<a href='a\n/b'>", ["http://example.org/dir/a/b"]],
    ["scripts", "<script>'<a href=no>'</script><a href=a>", ["http://example.org/dir/a"]],
    ["comments never closed", "<a href=a><!-- <a href=no>", ["http://example.org/dir/a"]],
    ["nothing", "", []],
    ["no HTML", "\u0000\uFFFF%PDF-1.4 <<>> < a <", []],
    ["an empty href", "<a href>x</a><a href=''>", [PAGE]],
  ])("makes something of %s", (_, html, expected) => {
    expect(hrefs(html)).toEqual(expected);
  });

  it.each<[string, string, string[]]>([
    ["javascript:", "<base href='javascript:void(0)'><a href=x>", ["/dir/x"]],
    ["data:", "<base href='data:text/html,'><a href=x>", ["/dir/x"]],
    ["mailto:", "<base href=mailto:a@b><a href=x>", ["/dir/x"]],
    ["another page, for fragments", "<base href=/other><a href='#x'>", ["/other#x"]],
    ["another folder", "<base href=' /b/ '><a href=x>", ["/b/x"]],
  ])("uses no base that is no page: %s", (_, html, paths) => {
    expect(hrefs(html)).toEqual(paths.map((path) => `http://example.org${path}`));
  });

  it("takes a style sheet for none, alternate or not", () => {
    expect(
      hrefs('<link rel="alternate stylesheet" href=s><link rel="STYLESHEET next" href=t>'),
    ).toEqual([]);
  });

  it("finds nothing in templates, and goes on after them", () => {
    const html = `<template><a href=no><template><a href=no></template><a href=no></template>
      <a href=yes></template><a href=too>`;
    expect(hrefs(html)).toEqual(["http://example.org/dir/yes", "http://example.org/dir/too"]);
  });

  it.each([
    ["<svg><title>icon</title></svg><title>page</title>", "page"],
    ["<svg><g><title>icon</title></g></svg><math></math><title>page</title>", "page"],
    ["<svg><title>icon</title><p><title>page</title>", "page"],
    ["<svg/><title>page</title>", "page"],
    ["<svg><foreignObject><title>in HTML</title></foreignObject></svg>", "in HTML"],
    ["<template><title>no</title></template><title>page</title>", "page"],
    ["<title>&lt;a&gt; &#233;</title>", "<a> é"],
    ["<svg><title>icon</title></svg>", null],
  ])("reads the page's title, not that of a picture: %s", (html, title) => {
    expect(extractLinks(html, PAGE).title).toBe(title);
  });

  it("takes no base and no frame from a picture, but its links", () => {
    const html = `<svg><base href="/no/"><iframe src=no></iframe><a href=yes></a></svg><a href=too>`;
    expect(hrefs(html)).toEqual(["http://example.org/dir/yes", "http://example.org/dir/too"]);
  });

  it("reads XML as XML", () => {
    const xml = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/>
      <script src="a"/><style/></head><body><iframe src="f"/><a href="x"/><h:a href="y&amp;z"></h:a>
      <![CDATA[ <a href="no"> ]]><A HREF="no"/><textarea/><a href="last"/></body></html>`;
    const { links } = extractLinks(xml, PAGE, { xml: true });
    expect(links.map(({ href }) => href.slice("http://example.org/dir/".length))).toEqual([
      "f",
      "x",
      "y&z",
      "last",
    ]);
    expect(hrefs("<![CDATA[ x ><a href=a> ]]>")).toEqual(["http://example.org/dir/a"]);
  });

  it("writes queries in the page's encoding, and all else in UTF-8", () => {
    const encoded = (reference: string, encoding: string): string =>
      extractLinks(`<a href="${reference}">`, PAGE, { encoding }).links[0]!.href;
    expect(encoded("/中?x=中&y=a#中", "gbk")).toBe(
      "http://example.org/%E4%B8%AD?x=%D6%D0&y=a#%E4%B8%AD",
    );
    expect(encoded("?q=é", "windows-1252")).toBe("http://example.org/dir/page?q=%E9");
    expect(encoded("?q=日本", "shift_jis")).toBe("http://example.org/dir/page?q=%93%FA%96{");
    expect(encoded("?q=中", "windows-1252")).toBe("http://example.org/dir/page?q=%26%2320013%3B");
    for (const encoding of ["UTF-8", "UTF-16LE", "replacement", "x-user-defined"])
      expect(encoded("?q=中", encoding)).toBe("http://example.org/dir/page?q=%E4%B8%AD");
  });

  it("obeys a meta that speaks to this crawler by name, and to no other", () => {
    const nofollow = (name: string): boolean =>
      extractLinks(`<meta name="${name}" content=nofollow><a href=a>`, PAGE, { token: "MyBot" })
        .links[0]!.nofollow;
    expect(["robots", "mybot", "MYBOT", "otherbot", ""].map(nofollow)).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
  });

  it("takes so many links from a page, and counts the others", () => {
    const html = Array.from({ length: 300 }, (_, i) => `<a href=/${i}><a href=/0>`).join("");
    const page = extractLinks(html, PAGE, { maxLinks: 100 });
    expect(page.links).toHaveLength(100);
    expect(page.dropped).toBe(200);
  });

  it("gives pages that differ in numbers only one fingerprint", () => {
    const print = (html: string): number => extractLinks(html, PAGE).fingerprint;
    const page = print("<title>Day 1</title><p>One text</p><script>1 + x</script>");
    expect(print("<title>Day 23</title><p>One  text</p><script>y</script><a href=/x></a>")).toBe(
      page,
    );
    expect(print("<title>Day 1</title><p>Another text</p>")).not.toBe(page);
  });

  it.each<[string, (size: number) => string]>([
    ["nested elements", (size) => "<div>".repeat(size / 5)],
    ["ends that close nothing", (size) => "<b></p>".repeat(size / 7)],
    ["forms in forms", (size) => "<form><p>".repeat(size / 9)],
    ["lists never closed", (size) => "<ul><li><a href=x>".repeat(size / 18)],
    ["pictures in pictures", (size) => "<svg><desc>".repeat(size / 11)],
    ["ends of pictures", (size) => `${"<svg>".repeat(600)}${"</math>".repeat(size / 7)}`],
    ["templates in templates", (size) => "<template>".repeat(size / 10)],
    ["ends of titles", (size) => `<title>${"</titl".repeat(size / 6)}`],
    ["attributes", (size) => `<a ${"x=y ".repeat(size / 4)}>`],
    ["one attribute in pieces", (size) => `<a href="${"&amp;".repeat(size / 5)}">`],
    ["opening brackets", (size) => "<".repeat(size)],
    ["comments never closed", (size) => "<!--".repeat(size / 4)],
    ["CDATA never closed", (size) => "<![CDATA[>".repeat(size / 10)],
    ["ampersands", (size) => "&".repeat(size)],
    ["blanks in a title", (size) => `<title>${" ".repeat(size)}x</title>`],
    ["blanks in a rel", (size) => `<a rel="${" ".repeat(size)}x" href=y>`],
    ["blanks around a reference", (size) => `<a href="x${" ".repeat(size)}y">`],
    ["lines in a refresh", (size) => `<meta http-equiv=refresh content="0${"\n".repeat(size)}">`],
    ["digits in a refresh", (size) => `<meta http-equiv=refresh content="${"1".repeat(size)}x">`],
    [
      "quotes in a refresh",
      (size) => `<meta http-equiv=refresh content='0;url="${"x".repeat(size)}'>`,
    ],
  ])("takes time in step with the length of %s", (_, page) => {
    const time = (size: number): number => {
      const html = page(size);
      const times = [1, 2, 3].map(() => {
        const { user } = process.cpuUsage();
        extractLinks(html, PAGE);
        return process.cpuUsage().user - user;
      });
      return Math.min(...times) / 1_000;
    };
    time(20_000); // compiled
    // Sixteen times the length: in step sixteen times the time, squared 256 times.
    const short = Math.max(time(40_000), 1);
    expect(time(640_000) / short).toBeLessThan(100);
  });

  it("survives noise and deep nesting", () => {
    const noise = Array.from(
      { length: 20_000 },
      (_, i) => `<>"'=&!-/ab\u0000 `[(i * i * 31 + i * 7) % 13],
    ).join("");
    expect(() => extractLinks(noise, PAGE)).not.toThrow();
    expect(hrefs(`${"<div>".repeat(100_000)}<a href=a>`)).toEqual(["http://example.org/dir/a"]);
  });

  it("finds a link that lies across the border of two slices, and pauses between them", () => {
    let pauses = 0;
    for (let shift = 0; shift < 20; shift++) {
      const html = `${" ".repeat(64 * 1024 - shift)}<a href="abc">x</a>`;
      const page = extractLinks(html, PAGE, { pause: () => pauses++ });
      expect(page.links).toEqual([{ href: "http://example.org/dir/abc", nofollow: false }]);
    }
    expect(pauses).toBeGreaterThan(15);
  });

  it("keeps no page alive: titles and links share no memory with the HTML", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    const kept: unknown[] = [];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let page = 0; page < 100; page++) {
      const filler = `<p>${String(page).padEnd(1_000_000, "x")}`;
      const reference = `link-${"y".repeat(40)}-${page}`;
      kept.push(
        extractLinks(
          `<title>${"title ".repeat(10)}</title>${filler}<a href="${reference}"><a href="http://[${reference}">`,
          PAGE,
        ),
      );
    }
    collect();
    expect(kept).toHaveLength(100);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(5_000_000);
  });
});
