import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { extractLinks, forbidsFollowing } from "../src/links.js";

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
      const page = extractLinks(html, PAGE, () => pauses++);
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

describe("forbidsFollowing", () => {
  it.each([
    ["nofollow", true],
    ["noindex,nofollow", true],
    ["noindex, none", true],
    ["googlebot: nofollow", true],
    ["noindex", false],
    ["follow", false],
    ["", false],
  ])("%j: %s", (directives, expected) => {
    expect(forbidsFollowing(directives)).toBe(expected);
  });
});
