import { expect, it } from "vitest";
import { collectReport } from "../../src/report/collect.js";
import type { ReportData } from "../../src/report/report-data.js";
import type { LinksRecord, PageRecord } from "../../src/output.js";
import { reportOf } from "../check/report.js";
import { record } from "../record.js";

const SITE = "https://site.example";
const made = new Date("2026-01-02T03:04:05Z");

function collect(pages: PageRecord[], links: LinksRecord[], check = reportOf([])): ReportData {
  return collectReport({ pages: () => pages, links: () => links, check, made });
}

const page = (path: string, fields: Partial<PageRecord> = {}): PageRecord =>
  record({ url: SITE + path, finalUrl: SITE + path, ...fields });

const links = (path: string, ...to: string[]): LinksRecord => ({
  page: SITE + path,
  references: to.map((href) => ({ kind: "link", href: SITE + href, line: 1 })),
  anchors: [],
});

it("counts the pages that link to each, and not the page itself", () => {
  const { pages } = collect(
    [page("/"), page("/a"), page("/b")],
    [links("/", "/a", "/a#x", "/"), links("/a", "/b", "/#y"), links("/b", "/a", "/elsewhere")],
  );
  expect(pages.linked).toEqual([1, 2, 1]);
});

it("counts what is only in a sitemap as linked from no page", () => {
  const sitemap: LinksRecord = {
    page: `${SITE}/sitemap.xml`,
    references: [{ kind: "sitemap", href: `${SITE}/a`, line: null }],
    anchors: null,
  };
  expect(collect([page("/"), page("/a")], [sitemap]).pages.linked).toEqual([0, 0]);
});

it("counts links between the parts of the site", () => {
  const { graph } = collect(
    [page("/"), page("/a", { status: 404 }), page("/b")],
    [links("/", "/a", "/b"), links("/b", "/a")],
  );
  expect(graph.nodes).toEqual([
    { name: "site.example/a", pages: 1, broken: 1 },
    { name: "site.example/b", pages: 1, broken: 0 },
    { name: "site.example/", pages: 1, broken: 0 },
  ]);
  expect(graph.edges.toSorted()).toEqual([
    [1, 0, 1],
    [2, 0, 1],
    [2, 1, 1],
  ]);
});

it("lists findings with the first pages, and says how many there are", () => {
  const pages = Array.from({ length: 100 }, (_, i) => `${SITE}/${i}`);
  const finding = { kind: "broken-link", target: `${SITE}/gone`, detail: "404", pages } as const;
  const check = reportOf([finding], { unchecked: { robots: 1, nofollow: 5 } });
  const { findings, counts, skipped, seeds } = collect([], [], check);
  expect(findings).toMatchObject([{ severity: "error", count: 100, target: `${SITE}/gone` }]);
  expect(findings[0]!.places).toHaveLength(20);
  expect(findings[0]!.name).toBe("broken link");
  expect(findings[0]!.places[0]).toBe(`${SITE}/0:7`);
  expect(counts["broken-link"]).toBe(1);
  expect(skipped).toEqual([
    ["nofollow", 5],
    ["robots", 1],
  ]);
  expect(seeds).toEqual(["https://site.example/"]);
});

it("has an end", () => {
  const found = Array.from({ length: 2_500 }, (_, i) => {
    return { kind: "broken-link", target: String(i), detail: "404", pages: [SITE] } as const;
  });
  expect(collect([], [], reportOf(found)).findings).toHaveLength(2_000);
});
