import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { Extractor, type ExtractorOptions, type Item } from "../../src/extract/extractor.js";
import type { CrawledPage } from "../../src/page.js";
import { documentOf } from "./document.js";

function items(options: ExtractorOptions, html: string): Promise<Item[]> {
  return extracted(new Extractor(options), html);
}

/** In a greenlet, as handlers are. */
function extracted(extractor: Extractor, html: string): Promise<Item[]> {
  const page = { url: "http://a.example/dir/page", $: documentOf(html).$ } as CrawledPage;
  return run(() => extractor.items(page));
}

describe("Extractor", () => {
  it("makes an item of a page on which something is", async () => {
    const select = ["title=h1", "links[]=a@href"];
    const url = "http://a.example/dir/page";
    expect(await items({ select }, "<h1>A</h1>")).toEqual([{ url, title: "A", links: [] }]);
    expect(await items({ select }, "<h2>A</h2>")).toEqual([]);
    expect(await items({ select }, "<base href=/other/><a href=x>")).toEqual([
      { url, title: null, links: ["http://a.example/other/x"] },
    ]);
  });

  it("makes an item of each element", async () => {
    const options = { each: ".p", select: ["id=@id", "name=b", "price:number=i"] };
    const html = "<p class=p id=1><b>A</b><i>2</i><p class=p><b>B</b><p class=p><b>";
    expect(await items(options, html)).toEqual([
      { url: "http://a.example/dir/page", id: "1", name: "A", price: 2 },
      { url: "http://a.example/dir/page", id: null, name: "B", price: null },
    ]);
  });

  it("has what the page says of itself", async () => {
    const html =
      '<meta property=og:title content=T><script type="application/ld+json">{"a":1}</script>' +
      "<p itemscope><b itemprop=n>1</b></p>";
    const extractor = new Extractor({ jsonLd: true, microdata: true, openGraph: true });
    expect(extractor.columns).toEqual(["url", "jsonLd", "microdata", "openGraph"]);
    expect(await extracted(extractor, html)).toEqual([
      {
        url: "http://a.example/dir/page",
        jsonLd: [{ a: 1 }],
        microdata: [{ properties: { n: ["1"] } }],
        openGraph: { title: "T" },
      },
    ]);
    expect(await items({ jsonLd: true, microdata: true, openGraph: true }, "")).toEqual([]);
  });

  it("counts JSON-LD that is none", async () => {
    const extractor = new Extractor({ jsonLd: true });
    const html = '<script type="application/ld+json">{</script>'.repeat(2);
    expect(await extracted(extractor, html)).toEqual([]);
    expect(extractor.broken.count).toBe(2);
    expect(extractor.broken.first).toMatch(/^http:\/\/a\.example\/dir\/page: .*JSON/);
  });

  it.each([
    [{}, "nothing is to be extracted"],
    [{ select: ["a=h1", "a=h2"] }, "an item cannot have two fields named a"],
    [{ select: ["url=h1"] }, "two fields named url"],
    [{ select: ["a=h1["] }, "h1[ is no CSS selector"],
    [{ select: ["a=h1:nonsense"] }, "h1:nonsense is no CSS selector"],
    [{ select: ["a=b"], each: "p:has(" }, "p:has( is no CSS selector"],
    [{ each: "p" }, "each element is an item of selected fields"],
    [{ each: "p", select: ["a=b"], jsonLd: true }, "and of nothing else"],
  ] as const)("refuses %j before anything is fetched", (options, message) => {
    expect(() => new Extractor(options)).toThrow(message);
  });
});
