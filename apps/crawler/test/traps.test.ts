import { describe, expect, it } from "vitest";
import { Traps } from "../src/traps.js";

const check = (url: string): string | null =>
  new Traps({ year: 2026 }).check(new URL(url, "http://example.org"));

describe("Traps", () => {
  it("lets ordinary URLs pass", () => {
    for (const path of [
      "/",
      "/a/b/c",
      "/blog/2019/05/17/title",
      "/?a=1",
      "/a/b/a/b/a",
      "/p/9999/12345",
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

  it("refuses months that are more than a year away", () => {
    expect(check("/events/2027/12")).toBe(null);
    expect(check("/events/2028/01/")).toBe("calendar");
    expect(check("/events?month=2150-7")).toBe("calendar");
    expect(check("/2150-07-01.html")).toBe("calendar");
    expect(check("/2150/13")).toBe(null);
    expect(check("/12150/07")).toBe(null);
  });

  it("follows so many queries for a path, and counts each path alone", () => {
    const traps = new Traps({ maxQueriesPerPath: 2 });
    const ask = (path: string): string | null => traps.check(new URL(path, "http://example.org"));
    expect([ask("/a?1"), ask("/a?2"), ask("/a?3")]).toEqual([null, null, "too-many-queries"]);
    expect([ask("/b?1"), ask("/a"), ask("http://other.example/a?1")]).toEqual([null, null, null]);
  });
});
