import { run } from "greenlit";
import { describe, expect, it } from "vitest";
import { examine, type ExamineOptions } from "../../src/check/examine.js";
import { Ledger } from "../../src/check/ledger.js";
import { Glob } from "../../src/glob.js";
import type { Reference, ReferenceKind } from "../../src/inventory.js";
import type { LinksRecord, PageRecord } from "../../src/output.js";
import { record } from "../record.js";

const SITE = "https://site.example";

interface Site {
  readonly pages?: PageRecord[];
  readonly links?: LinksRecord[];
}

const page = (path: string, fields: Partial<PageRecord> = {}): PageRecord =>
  record({ url: SITE + path, finalUrl: SITE + path, depth: 1, referrer: SITE, ...fields });

const to = (href: string, kind: ReferenceKind = "link", line = 1): Reference => ({
  kind,
  href: new URL(href, SITE).href,
  line,
});

const links = (
  path: string,
  references: Reference[],
  anchors: string[] | null = [],
): LinksRecord => ({
  page: SITE + path,
  references,
  anchors,
});

/** `kind target page ...` of each finding. */
async function found(site: Site, options: Partial<ExamineOptions> = {}): Promise<string[]> {
  const { pages = [], links = [] } = site;
  return run(() => {
    const ledger = new Ledger();
    try {
      const all = { accepts: () => false, ignore: [], ...options };
      examine({ pages: () => pages, links: () => links }, ledger, all);
      return [...ledger.findings()].map(({ kind, target, places }) => {
        const on = [...places].map(({ page }) => page?.replace(SITE, "") ?? "seed");
        return [kind, target.replace(SITE, ""), ...on].join(" ");
      });
    } finally {
      ledger.close();
    }
  });
}

describe("examine", () => {
  it("finds nothing where nothing is wrong", async () => {
    const site = {
      pages: [page("/"), page("/a")],
      links: [links("/", [to("/a"), to("/unknown"), to("/a#x")]), links("/a", [], ["x"])],
    };
    expect(await found(site)).toEqual([]);
  });

  it("finds a broken link on every page that has it, on each once", async () => {
    const site = {
      pages: [page("/gone", { status: 404 })],
      links: [
        links("/", [to("/gone"), to("/gone#x"), to("/gone", "frame")]),
        links("/a", [to("/gone")]),
      ],
    };
    expect(await found(site)).toEqual(["broken-link /gone / /a"]);
    expect(await found(site, { accepts: (status) => status === 404 })).toEqual([]);
  });

  it("finds missing parts of pages", async () => {
    const site = {
      pages: [page("/i.png", { status: 410 })],
      links: [links("/", [to("/i.png", "image")])],
    };
    expect(await found(site)).toEqual(["broken-resource /i.png /"]);
  });

  it("finds a seed that is broken, though no page links to it", async () => {
    const seed = page("/", { status: 404, depth: 0, referrer: null });
    expect(await found({ pages: [seed] })).toEqual(["broken-link / seed"]);
  });

  const moved = (path: string, to: string, status = 301, fields: Partial<PageRecord> = {}) =>
    page(path, { finalUrl: SITE + to, redirects: [{ status, to: SITE + to }], ...fields });

  it("finds permanent redirects, and chains, whoever followed them", async () => {
    const site = {
      pages: [
        moved("/old", "/new"),
        moved("/for-now", "/new", 302, { stopped: "known", status: 302 }),
        moved("/chain", "/old", 302, { stopped: "known", status: 302 }),
      ],
      links: [links("/", [to("/old"), to("/for-now"), to("/chain"), to("/new")])],
    };
    expect(await found(site)).toEqual(["redirect /old /", "redirect-chain /chain /"]);
  });

  it("finds what is broken behind redirects", async () => {
    const site = {
      pages: [
        moved("/old", "/gone", 301, { status: 404 }),
        moved("/older", "/old", 301, { status: 301, stopped: "known" }),
      ],
      links: [links("/", [to("/older"), to("/gone")])],
    };
    expect(await found(site)).toEqual(["broken-link /gone /", "broken-link /older /"]);
  });

  it("finds redirects without end", async () => {
    const known = { status: 302, stopped: "known" };
    const site = {
      pages: [moved("/a", "/b", 302, known), moved("/b", "/a", 302, known)],
      links: [links("/", [to("/a")])],
    };
    expect(await found(site)).toEqual(["redirect-loop /a /"]);
  });

  it("judges no redirect whose end is not known", async () => {
    const site = {
      pages: [moved("/out", "/private", 302, { status: 302, stopped: "robots" })],
      links: [links("/", [to("/out#x")]), links("/private", [])],
    };
    expect(await found(site)).toEqual([]);
  });

  describe("fragments", () => {
    it("on the page itself, on other pages, and where a redirect ends", async () => {
      const site = {
        pages: [moved("/old", "/a", 302)],
        links: [
          links("/", [to("/#own"), to("/#none"), to("/#top"), to("/#")], ["own"]),
          links("/b", [to("/a#x"), to("/a#y"), to("/old#x"), to("/old#z")]),
          links("/a", [], ["x"]),
          links("/c", [to("/a#y")]),
        ],
      };
      expect(await found(site)).toEqual([
        "missing-fragment /#none /",
        "missing-fragment /a#y /b /c",
        "missing-fragment /old#z /b",
      ]);
    });

    it("are not judged on what is no page, or has too many ids, or is an image's", async () => {
      const site = {
        links: [
          links("/", [to("/a.pdf#page=3"), to("/many#x"), to("/a#x", "image")]),
          links("/many", [], null),
          links("/a", []),
        ],
      };
      expect(await found(site)).toEqual([]);
    });
  });

  it("finds insecure content on secure pages", async () => {
    const http = (kind: ReferenceKind) => to(`http://other.example/${kind}`, kind);
    const kinds: ReferenceKind[] = ["link", "script", "stylesheet", "frame", "image", "form"];
    const site = { links: [links("/", kinds.map(http))] };
    expect(await found(site)).toEqual([
      "blocked-content http://other.example/frame /",
      "blocked-content http://other.example/script /",
      "blocked-content http://other.example/stylesheet /",
      "insecure-content http://other.example/form /",
      "insecure-content http://other.example/image /",
    ]);
    const insecure = { ...links("/", kinds.map(http)), page: "http://site.example/" };
    expect(await found({ links: [insecure] })).toEqual([]);
  });

  it("finds addresses that are none, and empty ones", async () => {
    const site = {
      links: [
        links("/", [
          { kind: "link", href: "http://[", line: 1, problem: "bad-url" },
          { kind: "link", href: `${SITE}/`, line: 2, problem: "empty" },
        ]),
      ],
    };
    expect(await found(site)).toEqual(["invalid-url http://[ /", "empty-link empty link /"]);
  });

  it("says nothing about what is ignored", async () => {
    const site = {
      pages: [page("/gone/1", { status: 404 }), page("/lost", { status: 404 })],
      links: [links("/", [to("/gone/1"), to("/lost"), to("/#none")])],
    };
    const ignore = [new Glob("/gone/**"), new Glob(`${SITE}/#none`)];
    expect(await found(site, { ignore })).toEqual(["broken-link /lost /"]);
  });

  it("keeps in memory no more of a large crawl than of a small one", async () => {
    /** The most memory that was in use while a crawl of so many pages was examined. */
    const mostOf = (count: number): Promise<number> =>
      run(() => {
        let most = 0;
        function* pages(): Generator<PageRecord> {
          for (let i = 0; i < count; i++) yield page(`/${i}`, i % 10 === 0 ? { status: 404 } : {});
        }
        function* records(): Generator<LinksRecord> {
          for (let i = 0; i < count; i++) {
            const ten = Array.from({ length: 10 }, (_, k) => to(`/${(i * 31 + k) % count}#h${k}`));
            yield links(`/${i}`, [to("/0"), ...ten], ["h1", "h2"]);
            if (i % 500 > 0) continue;
            globalThis.gc!();
            most = Math.max(most, process.memoryUsage().heapUsed);
          }
        }
        const ledger = new Ledger();
        try {
          const seen = examine({ pages, links: records }, ledger, {
            accepts: () => false,
            ignore: [],
          });
          expect(seen.links).toBe(11 * count);
          expect(ledger.counts["broken-link"]).toBe(count / 10);
          expect(ledger.counts["missing-fragment"]).toBeGreaterThan(count);
          return most;
        } finally {
          ledger.close();
        }
      });
    await mostOf(500);
    const small = await mostOf(1_000);
    expect((await mostOf(10_000)) - small).toBeLessThan(6 * 1024 * 1024);
  });
});
