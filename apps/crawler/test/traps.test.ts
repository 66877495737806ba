import { describe, expect, it } from "vitest";
import { Traps, type TrapOptions } from "../src/traps.js";

const at = (path: string): URL => new URL(path, "http://example.org");
const ask = (traps: Traps, path: string, depth = 1, from = "/"): string | null =>
  traps.check(at(path), traps.page(at(from), depth - 1, 0));
const check = (path: string): string | null => ask(new Traps(), path);

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
    const text = page.text ?? (() => 0);
    const before = traps.page(at(next(depth - 1)), depth - 1, text(depth - 1));
    const reason = traps.check(at(next(depth)), before);
    if (reason !== null) return [depth, reason];
    const found = [next(depth + 1), ...(page.links?.(depth) ?? [])].map(at);
    traps.learn(traps.page(at(next(depth)), depth, text(depth)), found);
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
        expect(ask(traps, `/item?${query}`, 2)).toBe(null);
    }
  });

  it("follows so many combinations of query keys for a path, and counts each path alone", () => {
    const traps = new Traps({ maxQueryCombinations: 3 });
    const passes = (path: string): string | null => ask(traps, path);
    expect(["/a?x=1", "/a?x=2&y=1", "/a?y=3&x=4", "/a?x=1&x=2"].map(passes)).toEqual(
      Array(4).fill(null),
    );
    expect(["/a?z=1", "/a?x=9", "/b?z=1", "/a"].map(passes)).toEqual([
      "too-many-queries",
      null,
      null,
      null,
    ]);
    expect(ask(traps, "http://other.example/a?z=1")).toBe(null);
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
      const list = traps.page(at(`/list?page=${page}`), page, 1);
      const found = [at(`/list?page=${page + 1}`), at(`/item/${page}`)];
      for (const link of found) expect(traps.check(link, list)).toBe(null);
      traps.learn(list, found);
      traps.learn(traps.page(found[1]!, page + 1, 2), []);
    }
  });

  it("ends at last what goes from one pattern to another and back", () => {
    const next = (page: number): string => (page % 2 === 0 ? `/a/${page}` : `/b/${page}`);
    expect(follow(next)).toEqual([202, "same-content"]);
  });

  it("minds no pages that are no further away than the others, and alike", () => {
    const traps = new Traps({ maxSameness: 5 });
    for (let page = 0; page < 1_000; page++) {
      expect(ask(traps, `/item/${page}`, 2, "/item/0")).toBe(null);
      traps.learn(traps.page(at(`/item/${page}`), 2, 1), []);
    }
  });

  const letters = (n: number): string =>
    String(n).replace(/\d/g, (digit) => "abcdefghij"[Number(digit)]!);

  it.each<[string, (page: number) => string]>([
    ["a session in the path", (page) => `/s/${letters(page)}/home`],
    ["any case", (page) => (page % 2 === 0 ? `/Home/${letters(page)}` : `/hOme/${letters(page)}`)],
    ["words that grow", (page) => `/${letters(page)}/`.repeat(2)],
  ])("ends names without numbers, by the text: %s", (_, next) => {
    expect(follow(next)).toEqual([21, "same-content"]);
    expect(follow(next, { text: (page) => page })).toEqual([Infinity, null]);
  });

  it.each([(n: number) => `/s/${n}/home`, (n: number) => `/s/${letters(n)}/home`])(
    "ends pages that are alike and lead to new ones only, however near they are",
    (name) => {
      const traps = new Traps({ maxSameness: 5 });
      let last = 0;
      const grow = (depth: number): string | null => {
        const page = traps.page(at(name(++last)), depth, 1);
        const links = [1, 2, 3].map((more) => at(name(1_000 * last + more)));
        const reason = traps.check(links[0]!, page);
        traps.learn(page, links);
        return reason;
      };
      for (let page = 0; page <= 50; page++) expect(grow(3)).toBe(null);
      expect(grow(3)).toBe("same-content");
      // One of them leads back: so it is a site of so many pages, and no more.
      const closed = new Traps({ maxSameness: 5 });
      for (let page = 0; page < 500; page++) {
        const from = closed.page(at(name(page)), 3, 1);
        const next = at(name(page + 1));
        if (page > 30 && from.isWatched) closed.meet(at(name(page - 30)), from);
        expect(closed.check(next, from)).toBe(null);
        closed.learn(from, [next]);
      }
      // A link of a page to itself says nothing.
      const self = traps.page(at(name(1)), 3, 1);
      expect(self.isWatched).toBe(true);
      traps.meet(at(name(1)), self);
      expect(grow(3)).toBe("same-content");
    },
  );

  it("tells a later run what it has seen, so that a trap gets no more by that", () => {
    const next = (page: number): string => `/day/${page}`;
    const texts = (page: number): number => page % 3;
    let traps = new Traps({ maxSameness: 50 });
    let depth = 0;
    for (let reason: string | null = null; reason === null; depth++) {
      const page = traps.page(at(next(depth)), depth, texts(depth));
      reason = traps.check(at(next(depth + 1)), page);
      traps.learn(page, [at(next(depth + 1))]);
      if (depth % 20 !== 15) continue;
      const learnt = JSON.parse(JSON.stringify(traps.learnt())) as ReturnType<Traps["learnt"]>;
      traps = new Traps({ maxSameness: 50 });
      traps.relearn(learnt);
    }
    expect(depth).toBeGreaterThanOrEqual(50);
    expect(depth).toBeLessThanOrEqual(56);

    const many = new Traps({ maxQueryCombinations: 20 });
    for (let i = 0; i < 20; i++) expect(ask(many, `/a?${"x".repeat(i + 1)}=1`)).toBe(null);
    const other = new Traps({ maxQueryCombinations: 20 });
    other.relearn(JSON.parse(JSON.stringify(many.learnt())) as ReturnType<Traps["learnt"]>);
    expect(ask(other, "/a?y=1")).toBe("too-many-queries");
    expect(new Traps().learnt()).toEqual([]);
  });
});
