import { gzipSync } from "node:zlib";
import type { AddressInfo } from "node:net";
import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { crawl } from "../src/crawler.js";
import type { CrawlOptions } from "../src/options.js";
import type { PageRecord } from "../src/output.js";
import type { Summary } from "../src/summary.js";
import { response, serveRaw } from "./raw-server.js";
import { type Handler, serve, site } from "./server.js";

interface Crawled {
  /** Paths asked for, robots.txt left out. */
  readonly requests: string[];
  readonly records: PageRecord[];
  readonly summary: Summary;
}

const html = (response: Parameters<Handler>[1], body: string): void =>
  void response.writeHead(200, { "content-type": "text/html" }).end(body);

async function crawled(handler: Handler, options: Partial<CrawlOptions> = {}): Promise<Crawled> {
  const server = await serve((request, response) => {
    if (request.url === "/robots.txt" && options.robots !== true) response.writeHead(404).end();
    else handler(request, response);
  });
  return { ...(await crawlOf(server.origin, options)), requests: pagesOf(server.requests) };
}

async function crawlOf(
  seed: string,
  options: Partial<CrawlOptions>,
): Promise<Omit<Crawled, "requests">> {
  const records: PageRecord[] = [];
  const output = { write: (record: PageRecord): void => void records.push(record) };
  const all = { seeds: [seed], retryDelay: 20, perHost: 8, output, ...options };
  return { summary: await run(() => crawl(all)), records };
}

const pagesOf = (requests: readonly string[]): string[] =>
  requests.filter((path) => path !== "/robots.txt");

describe("pages of ordinary sites", () => {
  it("are all found where a list links to hundreds by a query", async () => {
    const list = Array.from({ length: 500 }, (_, id) => `<a href="/item?id=${id}">`).join("");
    const { requests, summary } = await crawled((request, answer) =>
      html(answer, request.url === "/" ? list : "leaf"),
    );
    expect(requests).toHaveLength(501);
    expect(summary.skipped).toEqual({});
  });

  const page = `<!DOCTYPE html><title>T</title><a href="/next">n</a>`;
  it.each([
    [[], 2],
    [["Content-Type: "], 2],
    [["Content-Type: text/html,text/html"], 2],
    [["Content-Type: text/html", "Content-Type: text/html; charset=utf-8"], 2],
    [["Content-Type: text/plain", "Content-Type: text/html"], 2],
    [["Content-Type: */*"], 2],
    [["Content-Type: unknown/unknown"], 2],
    [["Content-Type: text/html", "Content-Encoding: UTF-8"], 2],
    [["Content-Type: text/html", "Content-Encoding: none"], 2],
    [["Content-Type: text/plain"], 1],
    [["Content-Type: text/html", "Content-Type: image/png"], 1],
  ])("are read whatever their server says of them: %j", async (headers, count) => {
    const server = await serveRaw((path) =>
      path === "/" ? response(headers, page) : response(["Content-Type: text/html"]),
    );
    await crawlOf(server.origin, {});
    expect(pagesOf(server.requests)).toHaveLength(count);
  });

  it("are told from others by their beginning, and nothing else of those is received", async () => {
    const big = Buffer.concat([Buffer.from("%PDF-1.4\n"), Buffer.alloc(5_000_000)]);
    const { records } = await crawled(
      (request, answer) => {
        if (request.url === "/pdf") answer.end(big);
        else if (request.url === "/gz")
          answer.setHeader("content-encoding", "gzip").end(gzipSync(`${page}<a href=/pdf>`));
        else html(answer, "<a href=/gz>");
      },
      { bodyLimit: 1_000_000 },
    );
    const byPath = new Map(records.map((record) => [new URL(record.url).pathname, record]));
    expect(byPath.get("/gz")).toMatchObject({ title: "T", links: 2 });
    expect(byPath.get("/pdf")).toMatchObject({ status: 200, error: null, links: 0 });
    expect(byPath.get("/pdf")!.bytes).toBeLessThan(1_000_000);
  });

  it("are fetched once, and forbidden once, however they are spelt", async () => {
    const spellings = ["/a|b", "/a%7Cb", "/f[1]", "/f%5B1%5D", "/c^d", "/c%5Ed", "/q'", "/q%27"];
    const more = ["/A", "/A?", "/x?f[]=1", "/x?f%5b%5D=1", "/{y}", "/%7By%7D"];
    const links = [...spellings, ...more].map((href) => `<a href="${href}">`).join("");
    const { requests } = await crawled(site({ "/": links }));
    expect(requests).toHaveLength(1 + 7);
    const rules = "User-agent: *\nDisallow: /a|b\nDisallow: /c%5Ed\nDisallow: /x?f[]=1";
    const robots = { status: 200, body: rules };
    const ruled = await crawled(site({ "/": links, "/robots.txt": robots }), { robots: true });
    expect(ruled.requests).toHaveLength(1 + 4);
    expect(ruled.summary.skipped).toEqual({ robots: 3 });
  });

  it("are followed from headers", async () => {
    const headers = { link: '</2>; rel="next", </s>; rel=stylesheet', refresh: "0; url=/3" };
    const { requests } = await crawled(site({ "/": { status: 200, headers } }));
    expect(requests.sort()).toEqual(["/", "/2", "/3"]);
  });

  it("belong to the same host with a dot at its end", async () => {
    const server = await serve((request, answer) => {
      const port = (request.socket.address() as AddressInfo).port;
      html(answer, `<a href="http://localhost.:${port}/">`);
    });
    const port = new URL(server.origin).port;
    const { summary } = await crawlOf(`http://localhost:${port}/`, { robots: false });
    expect(summary).toMatchObject({ pages: 1, skipped: {} });
  });

  it("may be had only with the cookie that a redirect to themselves sets", async () => {
    const handler: Handler = (request, answer) => {
      if (request.headers.cookie?.includes("seen=1") === true) html(answer, "<title>in</title>");
      else answer.writeHead(302, { "set-cookie": "seen=1; Path=/", location: request.url }).end();
    };
    const { records } = await crawled(handler);
    expect(records).toMatchObject([{ status: 200, title: "in", error: null }]);
    const without = await crawled(handler, { cookies: false });
    expect(without.records).toMatchObject([{ error: "redirect-loop" }]);
    // A counter in the cookie is no way to go on for ever.
    let count = 0;
    const { records: counted } = await crawled((request, answer) => {
      const cookie = `n=${++count}; Path=/`;
      answer.writeHead(302, { "set-cookie": cookie, location: request.url }).end();
    });
    expect(counted).toMatchObject([{ error: "too-many-redirects" }]);
  });

  const redirect = (location: string) => ({ status: 302, headers: { location } });
  const outcomes = (records: readonly PageRecord[]): Record<string, unknown> =>
    Object.fromEntries(
      records.map(({ url, error, stopped, status }) => [
        new URL(url).pathname,
        error ?? stopped ?? status,
      ]),
    );

  it.each([1, 8])(
    "redirect in circles of which each page is linked, %i at once",
    async (perHost) => {
      const { records, requests, summary } = await crawled(
        site({
          "/": ["a", "b", "tail", "0", "1", "2", "from", "to"]
            .map((to) => `<a href=/${to}>`)
            .join(),
          "/a": redirect("/b"),
          "/b": redirect("/a"),
          "/tail": redirect("/a"),
          "/0": redirect("/1"),
          "/1": redirect("/between"), // not linked
          "/between": redirect("/2"),
          "/2": redirect("/0"),
          "/from": redirect("/to"),
          "/to": "the end",
        }),
        { perHost },
      );
      const loops = ["/a", "/b", "/tail", "/0", "/1", "/2"].map((url) => [url, "redirect-loop"]);
      const others = { "/": 200, "/from": "known", "/to": 200 };
      expect(outcomes(records)).toEqual({ ...others, ...Object.fromEntries(loops) });
      expect(requests).toHaveLength(10);
      expect(summary).toMatchObject({ errors: { "redirect-loop": 6 }, skipped: { known: 1 } });
    },
  );

  it("do not wait for a page that is never fetched", async () => {
    const pages = { "/": "<a href=/from><a href=/to>", "/from": redirect("/to"), "/to": "no" };
    const { records } = await crawled(site(pages), { perHost: 1, maxPages: 2 });
    expect(outcomes(records)).toEqual({ "/": 200, "/from": "known" });
  });

  it("are followed where a redirect waited for another page to end", async () => {
    const link = { location: "/to", link: "</next>; rel=next" };
    const pages = { "/": "<a href=/from><a href=/to>", "/from": { status: 302, headers: link } };
    const { requests } = await crawled(site({ ...pages, "/to": "", "/next": "" }), { perHost: 1 });
    expect(requests).toContain("/next");
  });
});

describe("answers that never end", () => {
  it.each(["text/event-stream", "multipart/x-mixed-replace; boundary=x", "audio/mpeg"])(
    "%s is a page, its body is dropped",
    async (contentType) => {
      const { records } = await crawled(
        (_, answer) => {
          answer.writeHead(200, { "content-type": contentType }).write("data: 1\n\n");
        },
        { timeout: 20_000 },
      );
      expect(records).toMatchObject([{ status: 200, error: null, contentType }]);
    },
  );

  it("are told in the user's numbers", async () => {
    const { records } = await crawled(
      (request, answer) => {
        if (request.url === "/") html(answer, "<a href=/head><a href=/body><a href=/large>");
        else if (request.url === "/large") html(answer, "x".repeat(3_000));
        else if (request.url === "/body")
          answer.writeHead(200, { "content-type": "text/html" }).write("<p>");
      },
      { timeout: 700, retries: 0, bodyLimit: 2_000 },
    );
    const messages = new Map(records.map(({ url, message }) => [new URL(url).pathname, message]));
    expect(messages.get("/head")).toBe("an answer did not come within 700 ms");
    expect(messages.get("/body")).toBe("the end of the body did not come within 700 ms");
    expect(messages.get("/large")).toBe("the body is larger than 2000 bytes");
  });
});

describe("robots.txt", () => {
  it("that cannot be had for a moment loses no page", async () => {
    let asked = 0;
    const { records, summary } = await crawled(
      (request, answer) => {
        if (request.url === "/") html(answer, "<a href=/private><a href=/a>");
        else if (request.url !== "/robots.txt") html(answer, "");
        else if (++asked < 3) answer.writeHead(503).end();
        else answer.end("User-agent: *\nDisallow: /private");
      },
      { robots: true, retries: 0 },
    );
    expect(records).toMatchObject([
      { status: 200, attempts: 1 },
      { status: 200, attempts: 1 },
    ]);
    expect(summary).toMatchObject({ skipped: { robots: 1 }, retries: 0 });
  });

  it("that answers 429 makes the whole host wait", async () => {
    const times: number[] = [];
    const { records } = await crawled(
      (request, answer) => {
        times.push(performance.now());
        if (times.length === 1) answer.writeHead(429, { "retry-after": "1" }).end();
        else if (request.url === "/robots.txt") answer.end("");
        else html(answer, "");
      },
      { robots: true },
    );
    expect(records).toMatchObject([{ status: 200 }]);
    expect(times[1]! - times[0]!).toBeGreaterThan(990);
  });

  it("that stays unreachable gives the host up, all its pages at once", async () => {
    const { records, requests } = await crawled((_, answer) => void answer.writeHead(503).end(), {
      robots: true,
    });
    expect(requests).toEqual([]);
    expect(records).toMatchObject([{ error: "robots-unreachable", status: null }]);
  });
});

describe("a host", () => {
  it("that answers nothing any more is given up", async () => {
    const links = Array.from({ length: 40 }, (_, i) => `<a href=/hangs/${i}>`).join("");
    const { requests, records, summary } = await crawled(
      (request, answer) => {
        if (request.url === "/") html(answer, links);
      },
      { timeout: 200, perHost: 2, robots: false },
    );
    expect(records).toHaveLength(41);
    expect(summary.errors).toEqual({ timeout: 40 });
    expect(requests.length).toBeLessThan(1 + 40);
    expect(Object.values(summary.heldBack)[0]).toContain("given up");
  });

  it("that answers nonsense to some requests loses no other page", async () => {
    const links = Array.from({ length: 4 }, (_, i) => `<a href=/broken/${i}>`).join("");
    const { origin, requests } = await serveRaw((path) => {
      if (path === "/") return response(["Content-Type: text/html"], `${links}<a href=/good>`);
      return path === "/good" ? response(["Content-Type: text/html"]) : "no HTTP\r\n\r\n";
    });
    const { summary } = await crawlOf(origin, { perHost: 1, retries: 1, robots: false });
    expect(summary).toMatchObject({ pages: 2, errors: { protocol: 4 }, heldBack: {} });
    expect(requests).toContain("/good");
  });

  it("that answers 429 is asked more slowly from then on", async () => {
    const times: number[] = [];
    const links = Array.from({ length: 5 }, (_, i) => `<a href=/${i}>`).join("");
    const { records, summary } = await crawled(
      (request, answer) => {
        times.push(performance.now());
        if (request.url === "/") html(answer, links);
        else if (times.length === 2) answer.writeHead(429).end();
        else html(answer, "");
      },
      { perHost: 1, robots: false },
    );
    expect(records.every(({ status }) => status === 200)).toBe(true);
    // 250 ms, and less after each answer; one that arrives late brings the next one nearer.
    expect(times).toHaveLength(1 + 5 + 1);
    expect(times.at(-1)! - times[1]!).toBeGreaterThan(500);
    expect(Object.values(summary.heldBack)[0]).toContain("it answered 429 or 503");
  });
});

describe("a page made to keep the crawler busy", () => {
  const bombs: Record<string, string> = {
    "/deep": "<div>".repeat(200_000),
    "/ends": "<b></p>".repeat(150_000),
    "/links": Array.from({ length: 300_000 }, (_, i) => `<a href=/l${i}>`).join(""),
    "/blanks": `<meta http-equiv=refresh content="0${"\n".repeat(60_000)}">`,
    "/gzip": "<div>".repeat(400_000),
  };

  it.each(Object.keys(bombs))("%s is read, and others are served meanwhile", async (path) => {
    let turns = 0;
    const others = setInterval(() => turns++, 5);
    const { records, summary } = await crawled(
      (request, answer) => {
        answer.setHeader("content-type", "text/html");
        if (request.url !== "/gzip")
          return void answer.end(bombs[request.url!] ?? `<a href=${path}>`);
        answer.setHeader("content-encoding", "gzip").end(gzipSync(bombs["/gzip"]!));
      },
      { maxDepth: 1 },
    );
    clearInterval(others);
    expect(records).toMatchObject([{ error: null }, { error: null, status: 200 }]);
    if (path === "/links") {
      expect(turns).toBeGreaterThan(5);
      expect(records[1]!.links).toBe(50_000);
      expect(summary.skipped["too-many-links"]).toBe(250_000);
    }
  });

  it("compressed again and again, it is refused", async () => {
    const headers = { "content-type": "text/html", "content-encoding": "gzip,".repeat(600) };
    const { records } = await crawled((_, answer) => answer.writeHead(200, headers).end("x"));
    expect(records).toMatchObject([{ error: "bad-encoding" }]);
  });
});
