import { gzipSync } from "node:zlib";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { readSitemap, SITEMAP_MAX_BYTES, type SitemapLinks } from "../src/sitemap-reader.js";

const URL_OF_IT = new URL("https://a.example/maps/sitemap.xml");
const read = (body: string | Buffer, charset?: string): Promise<SitemapLinks> =>
  run(() => readSitemap(Buffer.from(body as string), URL_OF_IT, charset));
const hrefs = async (body: string | Buffer): Promise<string[]> =>
  (await read(body)).links.map(({ href }) => href);

const URLSET = `<?xml version="1.0" encoding="UTF-8"?>
<!-- <urlset><url><loc>https://a.example/comment</loc></url></urlset> -->
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
  <url>
    <loc> https://a.example/?a=1&amp;b=2 </loc><lastmod>2026-01-01</lastmod>
    <image:image><image:loc>https://a.example/image.png</image:loc></image:image>
    <xhtml:link rel="alternate" href="https://a.example/de"/>
  </url>
  <url><loc><![CDATA[https://a.example/cdata]]></loc></url>
  <url><loc>/relative</loc></url>
  <url><loc>https://a.example/&#252;</loc></url>
  <url><loc></loc></url>
  <url><loc>/relative</loc></url>
  <loc>https://a.example/nowhere</loc>
</urlset>`;
const PAGES = ["?a=1&b=2", "cdata", "relative", "%C3%BC"].map(
  (path) => `https://a.example/${path}`,
);

describe("readSitemap", () => {
  it("reads the addresses of pages, and nothing else that has one", async () => {
    expect(await hrefs(URLSET)).toEqual(PAGES);
    expect(await read(URLSET)).toMatchObject({
      dropped: 0,
      links: [{ nofollow: false }, {}, {}, {}],
    });
    expect((await read(URLSET)).links.some(({ sitemap }) => sitemap)).toBe(false);
  });

  it("reads it with a prefix, compressed, and in other encodings", async () => {
    const prefixed = URLSET.replaceAll(/<(\/?)(urlset|url|loc)\b/g, "<$1sm:$2");
    expect(await hrefs(prefixed)).toEqual(PAGES);
    expect(await hrefs(gzipSync(URLSET))).toEqual(PAGES);
    expect(await hrefs(Buffer.from(`\uFEFF${URLSET}`, "utf16le"))).toEqual(PAGES);
    const latin1 =
      '<?xml version="1.0" encoding="iso-8859-1"?><urlset><url><loc>/ü</loc></url></urlset>';
    expect(await hrefs(Buffer.from(latin1, "latin1"))).toEqual(["https://a.example/%C3%BC"]);
  });

  it("reads an index", async () => {
    const index = `<sitemapindex><sitemap><loc>b.xml.gz</loc></sitemap></sitemapindex>`;
    expect((await read(index)).links).toEqual([
      { href: "https://a.example/maps/b.xml.gz", nofollow: false, sitemap: true },
    ]);
  });

  it.each([
    ["RSS", `<rss><channel><link>/home</link><item><link>/1</link></item></channel></rss>`],
    [
      "RSS 1.0",
      `<rdf:RDF><channel><link>/home</link></channel><item><link>/1</link></item></rdf:RDF>`,
    ],
    [
      "Atom",
      `<feed><link href="/home"/><entry><link rel="self" href="/self"/><link href="/1"/></entry></feed>`,
    ],
    ["text", `\uFEFFhttps://a.example/1\r\n\nnonsense\nhttps://a.example/1\n`],
  ])("reads %s", async (_, text) => {
    expect(await hrefs(text)).toEqual(["https://a.example/1"]);
  });

  it("makes nothing of what it does not know", async () => {
    for (const text of ["", "<html><a href=/x>", "<constructor><url><loc>/x</loc></url>", "{}"])
      expect(await hrefs(text), text).toEqual([]);
  });

  it("expands no entities, of which a few hundred bytes may be gigabytes", async () => {
    const bomb = `<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
      <!ENTITY file SYSTEM "file:///etc/passwd">]>
      <urlset><url><loc>/&b;&file;</loc></url></urlset>`;
    expect(await hrefs(bomb)).toEqual(["https://a.example/&b;&file;"]);
  });

  it("reads as much as a sitemap may have, of bytes and of URLs", async () => {
    const entry = (i: number): string => `<url><loc>/${i}</loc></url>`;
    const many = Array.from({ length: 50_100 }, (_, i) => entry(i)).join("");
    const { links, dropped } = await read(`<urlset>${many}</urlset>`);
    expect([links.length, dropped]).toEqual([50_000, 100]);
    // A bomb: 50 KB that would be 60 MB.
    const long = Buffer.alloc(SITEMAP_MAX_BYTES + 10_000_000, " ");
    long.write(`<urlset>${entry(1)}`);
    long.write(entry(2), SITEMAP_MAX_BYTES + 1_000);
    expect(await hrefs(gzipSync(long))).toEqual(["https://a.example/1"]);
  });

  it("takes time in step with the length, whatever is in it", async () => {
    const time = async (part: string, length: number): Promise<number> => {
      const text = `<urlset>${part.repeat(length / part.length)}`;
      const began = performance.now();
      await read(text);
      return performance.now() - began;
    };
    for (const part of [
      "<url>",
      "<url><loc>",
      "<loc>x",
      "<!--",
      "&amp;",
      "<![CDATA[",
      "<url ",
      "\n",
    ]) {
      await time(part, 100_000);
      const short = Math.max(5, await time(part, 500_000));
      expect(await time(part, 4_000_000), part).toBeLessThan(short * 8 * 8);
    }
  });
});
