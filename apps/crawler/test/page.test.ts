import { run, sleep } from "greenlit";
import { describe, expect, it, onTestFinished } from "vitest";
import { crawl } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import type { PageRecord } from "../src/output.js";
import type { CrawledPage, PageHandler } from "../src/page.js";
import { serve, site } from "./server.js";

/** Crawls, and gives what came out. */
async function crawled(options: CrawlOptions, handler?: PageHandler) {
  const records: PageRecord[] = [];
  const items: unknown[] = [];
  const summary = await run(() =>
    crawl(
      {
        retryDelay: 10,
        concurrency: 1,
        output: { write: (record) => void records.push(record) },
        items: { write: (item) => void items.push(item) },
        ...options,
      },
      handler,
    ),
  );
  return { summary, records, items };
}

describe("a handler", () => {
  it("must be a function, which is said at once", async () => {
    for (const wrong of [{}, "links"]) {
      const crawling = run(() => crawl({ seeds: [] }, wrong as never));
      await expect(crawling).rejects.toThrow(/^the handler must be a function, not /);
    }
  });

  it("may be something that gets the records instead", async () => {
    const { origin } = await serve(site({ "/": "<title>It</title>" }));
    const records: PageRecord[] = [];
    await run(() => crawl({ seeds: [origin] }, { write: (record) => records.push(record) }));
    expect(records.map(({ title }) => title)).toEqual(["It"]);
  });

  it("gets the document of a page made to keep a crawler busy", async () => {
    const { origin } = await serve(site({ "/": "<div>".repeat(200_000) }));
    let ticks = 0;
    const ticking = setInterval(() => ticks++, 1);
    onTestFinished(() => clearInterval(ticking));
    const { items } = await crawled({ seeds: [origin] }, (page) => {
      ticks = 0;
      page.emit([page.$("body div").length + page.$("div").length > 0, ticks > 0]);
    });
    expect(items).toEqual([[true, true]]);
  });

  it("gets the document of XHTML as XML", async () => {
    const xhtml = '<html><title/><p id="one"/><p id="two">2</p></html>';
    const { origin } = await serve((_, response) => {
      response.writeHead(200, { "content-type": "application/xhtml+xml" }).end(xhtml);
    });
    const { items } = await crawled({ seeds: [origin], robots: false }, (page) => {
      page.emit([page.$("#one").text(), page.$("#two").text()]);
    });
    expect(items).toEqual([["", "2"]]);
  });

  it("sees the page, in blocking style", async () => {
    const html = "<title>T</title><h1>One</h1><p class=x>a</p><p class=x>b</p><a href=/a#f>";
    const { origin } = await serve(site({ "/": html, "/a": "" }));
    const seen: Partial<CrawledPage>[] = [];
    const { items } = await crawled({ seeds: [origin] }, (page) => {
      sleep(1);
      const { url, status, contentType, title, text, links, depth, referrer } = page;
      seen.push({ url, status, contentType, title, text, links, depth, referrer });
      page.emit(
        page
          .$(".x")
          .map((_, element) => page.$(element).text())
          .get(),
      );
      page.follow();
    });
    expect(seen).toEqual([
      {
        url: `${origin}/`,
        status: 200,
        contentType: "text/html",
        title: "T",
        text: html,
        links: [{ href: `${origin}/a#f`, nofollow: false }],
        depth: 0,
        referrer: null,
      },
      expect.objectContaining({ url: `${origin}/a`, depth: 1, referrer: `${origin}/`, text: "" }),
    ]);
    expect(items).toEqual([["a", "b"], []]);
  });

  it("decides what is followed: references, links, nothing; and scope still counts", async () => {
    const { origin, requests } = await serve(
      site({ "/": "<a href=/a><a href=/b rel=nofollow><a href=/c>", "/a": "", "/c": "", "/d": "" }),
    );
    const { summary } = await crawled({ seeds: [origin], robots: true }, (page) => {
      if (page.depth > 0) return;
      page.follow("d?x=1", "http://elsewhere.example/", "mailto:a@b", "http://[");
      page.follow(...page.links.slice(0, 2));
    });
    expect(requests.filter((path) => path !== "/robots.txt")).toEqual(["/", "/d?x=1", "/a"]);
    expect(summary.skipped).toEqual({
      "other-host": 1,
      "unsupported-scheme": 1,
      "bad-url": 1,
      nofollow: 1,
    });
  });

  it("that throws leaves nothing of the page but the error", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/a": "" }));
    const failed: [unknown, string][] = [];
    const onError = (error: unknown, { url }: PageRecord) => void failed.push([error, url]);
    const { records, items, summary } = await crawled({ seeds: [origin], onError }, (page) => {
      page.emit("lost");
      page.follow();
      throw new TypeError("no such heading");
    });
    expect(items).toEqual([]);
    expect(records).toMatchObject([{ error: "handler", message: "no such heading", attempts: 1 }]);
    expect(summary.errors).toEqual({ handler: 1 });
    expect(failed).toMatchObject([[{ cause: { name: "TypeError" } }, `${origin}/`]]);
  });

  it("is not called for what is no HTML page", async () => {
    const { origin } = await serve(
      site({
        "/": "<a href=/missing><a href=/image>",
        "/image": { status: 200, headers: { "content-type": "image/png" } },
      }),
    );
    const seen: string[] = [];
    const { summary } = await crawled({ seeds: [origin] }, (page) => {
      seen.push(page.url);
      page.follow();
    });
    expect(seen).toEqual([`${origin}/`]);
    expect(summary.statuses).toEqual({ "2xx": 2, "4xx": 1 });
  });
});

describe("hooks", () => {
  it("change what is sent: headers, cookies, authorization", async () => {
    const seen: (string | undefined)[][] = [];
    const { origin } = await serve((request, response) => {
      const { cookie, authorization } = request.headers;
      seen.push([request.url, cookie, authorization, request.headers["user-agent"]]);
      response.end();
    });
    await crawled({
      seeds: [`${origin}/a`],
      onRequest: ({ url, headers }) => {
        headers["user-agent"] = "mine";
        if (url.pathname === "/robots.txt") return;
        headers.cookie = "session=1";
        headers.authorization = "Bearer x";
      },
    });
    expect(seen).toEqual([
      ["/robots.txt", undefined, undefined, "mine"],
      ["/a", "session=1", "Bearer x", "mine"],
    ]);
  });

  it("send a request through a proxy", async () => {
    const asked: string[] = [];
    const { origin } = await serve(({ url }, response) => {
      asked.push(url!);
      response.writeHead(200, { "content-type": "text/html" }).end("<title>Far</title>");
    });
    const { records } = await crawled({
      seeds: ["http://far.example/"],
      robots: false,
      onRequest: (request) => (request.proxy = origin),
    });
    expect(records).toMatchObject([{ status: 200, title: "Far" }]);
    expect(asked).toEqual(["http://far.example/"]);
  });

  it("end the crawl by what onError throws; onRequest's errors are the page's", async () => {
    const { origin } = await serve(site({ "/": "" }));
    const seeds = [origin, `${origin}/missing`];
    const onRequest = (): never => {
      throw new Error("no token");
    };
    const { records } = await crawled({ seeds, robots: false, onRequest });
    expect(records).toMatchObject([
      { error: "hook", message: "no token" },
      { error: "hook", message: "no token" },
    ]);
    const onError = (): never => {
      throw new Error("enough");
    };
    await expect(crawled({ seeds: ["nonsense", origin], onError })).rejects.toThrow("enough");
  });
});
