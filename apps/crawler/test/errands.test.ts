import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { crawl } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import type { LinksRecord, PageRecord } from "../src/output.js";
import { serve, site } from "./server.js";

async function crawled(options: CrawlOptions) {
  const pages: PageRecord[] = [];
  const links: LinksRecord[] = [];
  const summary = await run(() =>
    crawl({
      allowPrivate: true,
      retries: 0,
      ...options,
      output: { write: (record) => void pages.push(record) },
      links: { write: (record) => void links.push(record) },
    }),
  );
  return { pages, links, summary, urls: pages.map(({ url }) => url).sort() };
}

const ELSEWHERE = site({
  "/": "<a href=/further><img src=/further.png>",
  "/further": "",
  "/moved": { status: 301, headers: { location: "/" } },
  "/lib.js": { status: 200, headers: { "content-type": "text/javascript" } },
});

describe("what is asked for beside pages", () => {
  const pageOf = (other: string): string =>
    `<a href=${other}/><a rel=nofollow href=${other}/moved><a href=${other}/missing>
     <script src=${other}/lib.js></script><img src=/i.png><form action=/send></form>`;

  it("is nothing by default", async () => {
    const other = await serve(ELSEWHERE);
    const { origin, requests } = await serve(site({ "/": pageOf(other.origin) }));
    const { urls, summary } = await crawled({ seeds: [origin] });
    expect(urls).toEqual([`${origin}/`]);
    expect(summary.skipped).toEqual({ "other-host": 2, nofollow: 1 });
    expect(other.requests).toEqual([]);
    expect(requests).toEqual(["/robots.txt", "/"]);
  });

  it("external: what links lead to elsewhere, once, and nothing from there", async () => {
    const other = await serve(ELSEWHERE);
    const { origin } = await serve(
      site({ "/": pageOf(other.origin), "/b": `<a href=${other.origin}/missing>` }),
    );
    const { pages, summary } = await crawled({ seeds: [origin, `${origin}/b`], external: true });
    const gone = other.requests.filter((path) => path !== "/robots.txt").sort();
    expect(gone).toEqual(["/", "/missing", "/moved"]);
    expect(pages.find(({ url }) => url.endsWith("/missing"))).toMatchObject({ status: 404 });
    expect(pages.find(({ url }) => url === `${other.origin}/`)).toMatchObject({ links: 0 });
    expect(summary.skipped["other-host"]).toBe(undefined);
  });

  it("external: what is too deep, or not included, but not what is excluded", async () => {
    const { origin } = await serve(
      site({
        "/": "<a href=/in/><a href=/out><a href=/no>",
        "/in/": "<a href=/in/deep>",
        "/in/deep": "<a href=/in/deeper>",
        "/out": "<a href=/out/further>",
      }),
    );
    const { urls } = await crawled({
      seeds: [origin],
      external: true,
      include: ["/in/**"],
      exclude: ["/no"],
      maxDepth: 1,
    });
    expect(urls).toEqual(["/", "/in/", "/in/deep", "/out"].map((path) => origin + path));
  });

  it("external: the target of a redirect that leaves the site, and a page that is led back to", async () => {
    const other = await serve((request, response) => {
      if (request.url === "/back") response.writeHead(302, { location: `${home}/hidden` }).end();
      else site({ "/": "<a href=/further>" })(request, response);
    });
    const { origin: home, requests } = await serve(
      site({
        "/": `<a href=/away><a href=${other.origin}/back>`,
        "/away": { status: 301, headers: { location: `${other.origin}/` } },
        "/hidden": "<a href=/found>",
        "/found": "",
      }),
    );
    const { pages } = await crawled({ seeds: [home], external: true });
    expect(pages.find(({ url }) => url === `${home}/away`)).toMatchObject({
      stopped: "known",
      redirects: [{ status: 301, to: `${other.origin}/` }],
    });
    expect(other.requests.toSorted()).toEqual(["/", "/back", "/robots.txt"]);
    // The page is one of the site, so it is crawled as such, and not asked for twice.
    expect(requests.filter((path) => path === "/hidden")).toHaveLength(1);
    expect(requests).toContain("/found");
  });

  it("requisites: what pages consist of, of the site or from anywhere", async () => {
    const other = await serve(ELSEWHERE);
    const { origin } = await serve(site({ "/": pageOf(other.origin) }));
    const own = [`${origin}/`, `${origin}/i.png`];
    const near = await crawled({ seeds: [origin], requisites: "scope" });
    expect(near.urls).toEqual(own);
    const all = await crawled({ seeds: [origin], requisites: "any" });
    expect(all.urls).toEqual([...own, `${other.origin}/lib.js`].sort());
  });

  it("requisites: what style sheets refer to, of the site and elsewhere", async () => {
    const css = (body: string) => ({ status: 200, headers: { "content-type": "text/css" }, body });
    const other = await serve(
      site({ "/o.css": css("a{b:url(o.png)}"), "/o.png": { status: 200 }, "/html": "<a href=/x>" }),
    );
    const { origin } = await serve(
      site({
        "/": `<link rel=stylesheet href=/s.css><link rel=stylesheet href=${other.origin}/o.css>
          <iframe src=${other.origin}/html></iframe>`,
        "/s.css": css("@import 's2.css';\n.a{b:url('i.png')}"),
        "/s2.css": css("@font-face{src:url(f.woff2)}"),
      }),
    );
    const { urls, links } = await crawled({ seeds: [origin], requisites: "any", external: true });
    const own = ["/", "/f.woff2", "/i.png", "/s.css", "/s2.css"].map((path) => origin + path);
    const others = ["/html", "/o.css", "/o.png"].map((path) => other.origin + path);
    expect(urls).toEqual([...own, ...others].sort());
    expect(links.find(({ page }) => page === `${origin}/s.css`)).toEqual({
      page: `${origin}/s.css`,
      references: [
        { kind: "stylesheet", href: `${origin}/s2.css`, line: 1 },
        { kind: "style", href: `${origin}/i.png`, line: 2 },
      ],
      anchors: null,
    });
  });

  it("requisites: no style sheets without end", async () => {
    const { origin, requests } = await serve((request, response) => {
      const n = Number(/\d+/.exec(request.url!)?.[0]);
      if (Number.isNaN(n))
        return site({ "/": "<link rel=stylesheet href=/1.css>" })(request, response);
      response.writeHead(200, { "content-type": "text/css" }).end(`@import '/${n + 1}.css';`);
    });
    await crawled({ seeds: [origin], requisites: "any", traps: { maxChain: 50 } });
    expect(requests.length).toBeLessThan(100);
  });

  it("is written down: what each page refers to", async () => {
    const { origin } = await serve((request, response) => {
      response.setHeader("link", "</next>; rel=next");
      site({ "/": "<p id=a>\n<a href=#a><img src=/i.png>" })(request, response);
    });
    const { links } = await crawled({ seeds: [origin] });
    expect(links).toEqual([
      {
        page: `${origin}/`,
        references: [
          { kind: "link", href: `${origin}/#a`, line: 2 },
          { kind: "image", href: `${origin}/i.png`, line: 2 },
          { kind: "header", href: `${origin}/next`, line: null },
        ],
        anchors: ["a"],
      },
    ]);
  });

  it("says of a page that failed where it was redirected", async () => {
    const { origin } = await serve(
      site({ "/": { status: 302, headers: { location: "http://127.0.0.1:9/" } } }),
    );
    const { pages } = await crawled({ seeds: [origin] });
    expect(pages).toMatchObject([
      { error: "connection-refused", redirects: [{ status: 302, to: "http://127.0.0.1:9/" }] },
    ]);
  });
});
