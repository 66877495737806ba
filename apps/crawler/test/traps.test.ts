import { describe, expect, it } from "vitest";
import { Traps, type TrapOptions } from "../src/traps.js";

const at = (path: string): URL => new URL(path, "http://example.org");
const check = (path: string): string | null => new Traps().check(at(path), 1, at("/"));

/**
 * Crawls from page to page, each found on the one before; tells how many were followed, and why no
 * more.
 */
function follow(
  next: (page: number) => string,
  page: { text?: (page: number) => number; links?: (page: number) => string[] } = {},
  options: TrapOptions = {},
): [number, string | null] {
  const traps = new Traps({ maxSameness: 20, maxChain: 1_000, ...options });
  for (let depth = 0; depth < 2_000; depth++) {
    const reason = traps.check(at(next(depth)), depth, at(next(depth - 1)));
    if (reason !== null) return [depth, reason];
    const found = [next(depth + 1), ...(page.links?.(depth) ?? [])].map(at);
    const fingerprint = page.text?.(depth) ?? 0;
    traps.learn({ url: at(next(depth)), depth, fingerprint, found });
  }
  return [Infinity, null];
}

describe("Traps", () => {
  it("lets ordinary URLs pass", () => {
    for (const path of [
      "/",
      "/a/b/c",
      "/blog/2019/05/17/title",
      "/?a=1",
      "/a/b/a/b/a",
      "/p/9999/12345",
      "/item/2345-10-pack.html",
      "/questions/2412/7",
      "/part/2500-12",
      "/events/2150/01/",
    ]) {
      expect(check(path), path).toBe(null);
    }
  });

  it("refuses long URLs", () => {
    const length = "http://example.org/".length;
    expect(check(`/${"x".repeat(2_000 - length)}`)).toBe(null);
    expect(check(`/${"x".repeat(2_001 - length)}`)).toBe("url-too-long");
  });

  it("refuses a segment that comes back again and again, next to itself or not", () => {
    expect(check("/x/x/x/")).toBe(null);
    expect(check("/x/x/x/x/")).toBe("repeated-segments");
    expect(check("/a/b/a/b/a/b/a")).toBe("repeated-segments");
    expect(check("/a////b")).toBe(null); // empty segments are no repetition
  });

  it("follows any number of values of the same query keys", () => {
    const traps = new Traps();
    for (let id = 0; id < 5_000; id++) {
      for (const query of [`id=${id}`, `total=${id}&show=20`, `${id}`])
        expect(traps.check(at(`/item?${query}`), 2, at("/"))).toBe(null);
    }
  });

  it("follows so many combinations of query keys for a path, and counts each path alone", () => {
    const traps = new Traps({ maxQueryCombinations: 3 });
    const ask = (path: string): string | null => traps.check(at(path), 1, at("/"));
    expect(["/a?x=1", "/a?x=2&y=1", "/a?y=3&x=4", "/a?x=1&x=2"].map(ask)).toEqual(
      Array(4).fill(null),
    );
    expect(["/a?z=1", "/a?x=9", "/b?z=1", "/a"].map(ask)).toEqual([
      "too-many-queries",
      null,
      null,
      null,
    ]);
    expect(traps.check(new URL("http://other.example/a?z=1"), 1, at("/"))).toBe(null);
  });

  const MONTHS = "january february march april may june july august september".split(" ");
  it.each<[string, (page: number) => string]>([
    ["forwards", (page) => `/cal/${2026 + Math.floor(page / 12)}/${(page % 12) + 1}`],
    ["backwards", (page) => `/cal/${2026 - Math.floor(page / 12)}/${12 - (page % 12)}`],
    [
      "in one number",
      (page) => `/cal/${2026 - Math.floor(page / 12)}${String(12 - (page % 12)).padStart(2, "0")}`,
    ],
    ["in words", (page) => `/year/${2026 + page}/month/${(page % 12) + 1}`],
    ["month first", (page) => `/${(page % 12) + 1}/${2026 + page}`],
    ["with names", (page) => `/calendar/${MONTHS[page % 9]}-${2026 + page}.html`],
    ["in the query", (page) => `/calendar?month=${page}`],
    ["of weeks", (page) => `/w/2026-W${page}`],
  ])("ends a calendar that goes on for ever, %s", (_, next) => {
    expect(follow(next)).toEqual([21, "same-content"]);
    // A text for each month of the year is nothing new the year after.
    expect(follow(next, { text: (page) => page % 12 })).toEqual([32, "same-content"]);
    // Its days are no way out of it.
    const links = (page: number): string[] => [`${next(page)}/17`];
    expect(follow(next, { links })[0]).toBeLessThanOrEqual(201);
  });

  it("follows a long list: each page has something new", () => {
    const next = (page: number): string => `/list?page=${page}`;
    expect(follow(next, { text: (page) => page }, { maxChain: Infinity })).toEqual([
      Infinity,
      null,
    ]);
    const links = (page: number): string[] => [`/item/${page}`];
    expect(follow(next, { links })).toEqual([201, "same-content"]);
    expect(follow(next, { text: (page) => page })).toEqual([1_001, "endless-pattern"]);
  });

  it("follows what a list leads to, however long and however alike", () => {
    const traps = new Traps({ maxSameness: 50 });
    for (let page = 0; page < 400; page++) {
      const list = at(`/list?page=${page}`);
      const found = [at(`/list?page=${page + 1}`), at(`/item/${page}`)];
      for (const link of found) expect(traps.check(link, page + 1, list)).toBe(null);
      traps.learn({ url: list, depth: page, fingerprint: 1, found });
      traps.learn({ url: found[1]!, depth: page + 1, fingerprint: 2, found: [] });
    }
  });

  it("ends at last what goes from one pattern to another and back", () => {
    const next = (page: number): string => (page % 2 === 0 ? `/a/${page}` : `/b/${page}`);
    expect(follow(next)).toEqual([202, "same-content"]);
  });

  it("minds no pages that are no further away than the others, and alike", () => {
    const traps = new Traps({ maxSameness: 5 });
    for (let page = 0; page < 1_000; page++) {
      expect(traps.check(at(`/item/${page}`), 2, at("/item/0"))).toBe(null);
      traps.learn({ url: at(`/item/${page}`), depth: 2, fingerprint: 1, found: [] });
    }
  });
});
