import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { run } from "greenlit";
import { load } from "cheerio/slim";
import { describe, expect, it } from "vitest";
import { Sitemap, withSuffix } from "../src/sitemap.js";
import { temporaryFolder } from "./folder.js";

const url = new URL("https://a.example/");
const locations = (xml: string): string[] => {
  const $ = load(xml, { xml: true });
  return $("loc")
    .map((_, it) => $(it).text())
    .get();
};

describe("Sitemap", () => {
  it("is XML as sitemaps.org describes it, whatever is in the URLs", async () => {
    const file = join(temporaryFolder(), "sitemap.xml");
    const urls = ["https://a.example/?a=1&b='2'", 'https://a.example/<"x">', "https://a.example/ü"];
    const written = await run(() => {
      const sitemap = new Sitemap({ file, url, comment: "a -- b" });
      for (const it of urls) sitemap.add(it);
      sitemap.add(`https://a.example/${"x".repeat(2_048)}`);
      const files = sitemap.finish();
      expect([sitemap.urls, sitemap.tooLong]).toEqual([3, 1]);
      return files;
    });
    expect(written).toEqual([file]);
    const xml = readFileSync(file, "utf8");
    expect(xml).toMatch(
      /^<\?xml version="1.0" encoding="UTF-8"\?>\n<!-- a - - b -->\n<urlset xmlns="http:\/\/www.sitemaps.org\/schemas\/sitemap\/0.9">\n/,
    );
    expect(xml).toContain("?a=1&amp;b=&apos;2&apos;<");
    expect(locations(xml)).toEqual(urls);
  });

  it("is an index of several when there are more than 50,000 URLs", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "sitemap.xml.gz");
    const written = await run(() => {
      const sitemap = new Sitemap({ file, url });
      for (let i = 0; i < 100_001; i++) sitemap.add(`https://a.example/${i}`);
      return sitemap.finish();
    });
    const names = [1, 2, 3].map((part) => `sitemap-${part}.xml.gz`);
    expect(written).toEqual([file, ...names.map((name) => join(folder, name))]);
    expect(readdirSync(folder).sort()).toEqual([...names, "sitemap.xml.gz"]);
    const read = (name: string): string => gunzipSync(readFileSync(join(folder, name))).toString();
    expect(locations(read("sitemap.xml.gz"))).toEqual(names.map((name) => url.href + name));
    expect(read("sitemap.xml.gz")).toContain("<sitemapindex ");
    const count = (name: string): number => read(name).split("<loc>").length - 1;
    expect(names.map(count)).toEqual([50_000, 50_000, 1]);
    expect(locations(read(names[2]!))).toEqual(["https://a.example/100000"]);
  });

  it("is one of several when there are more than 50 MB", async () => {
    const folder = temporaryFolder();
    const path = "x".repeat(2_000);
    await run(() => {
      const sitemap = new Sitemap({ file: join(folder, "sitemap.xml"), url });
      for (let i = 0; i < 27_000; i++) sitemap.add(`https://a.example/${i}/${path}`);
      return sitemap.finish();
    });
    const [first, second] = [1, 2].map((part) => readFileSync(join(folder, `sitemap-${part}.xml`)));
    expect(first!.length).toBeLessThanOrEqual(50 * 1024 * 1024);
    expect(first!.length).toBeGreaterThan(50 * 1024 * 1024 - 3_000);
    expect(first!.length + second!.length).toBeGreaterThan(27_000 * 2_000);
  });
});

it.each([
  ["sitemap.xml", "sitemap-1.xml"],
  ["/a.b/sitemap.xml.gz", "/a.b/sitemap-1.xml.gz"],
  ["a.b/map", "a.b/map-1"],
  [".map", ".map-1"],
])("puts a suffix to %s: %s", (file, suffixed) => {
  expect(withSuffix(file, "1")).toBe(suffixed);
});
