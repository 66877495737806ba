import { describe, expect, it } from "vitest";
import { Folders } from "../../src/report/folders.js";

const ORIGIN = "https://a.example";

/** Name of each part, and how many of the URLs are in it. */
function partsOf(urls: string[], most: number): [string, number][] {
  const folders = new Folders(urls, most);
  const counts = folders.names.map(() => 0);
  for (const url of urls) counts[folders.partOf(url)]!++;
  return folders.names.map((name, i) => [name, counts[i]!]);
}

const pages = (folder: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${ORIGIN}${folder}p${i}`);

describe("Folders", () => {
  it("are the pages of a small site", () => {
    const urls = ["/", "/a", "/b/", "/b/c?d", "/b/c?e"].map((path) => ORIGIN + path);
    expect(partsOf(urls, 20)).toEqual([
      ["a.example/a", 1],
      ["a.example/b/c?d", 1],
      ["a.example/b/c?e", 1],
      ["a.example/b/", 1],
      ["a.example/", 1],
    ]);
  });

  it("are the folders of a large one, each with what is in no other", () => {
    const urls = [...pages("/docs/", 300), ...pages("/docs/api/", 50), ...pages("/blog/", 40)];
    expect(partsOf([`${ORIGIN}/`, ...urls], 4)).toEqual([
      ["a.example/blog/", 40],
      ["a.example/docs/api/", 50],
      ["a.example/docs/", 300],
      ["a.example/", 1],
    ]);
  });

  it("are as many as wanted at most, and every URL is in one", () => {
    const urls = Array.from({ length: 5_000 }, (_, i) => `${ORIGIN}/${i % 61}/${i % 7}/${i}`);
    for (const most of [1, 10, 80]) {
      const parts = partsOf(urls, most);
      expect(parts.length).toBeLessThanOrEqual(most);
      expect(parts.reduce((sum, [, count]) => sum + count, 0)).toBe(urls.length);
    }
    expect(partsOf(urls, 80).length).toBeGreaterThan(60);
  });

  it("are told apart by host", () => {
    const urls = ["http://b.example:81/", "http://a.example/", "https://a.example/x"];
    expect(partsOf(urls, 9).map(([name]) => name)).toEqual([
      "a.example/x",
      "a.example/",
      "b.example:81/",
    ]);
  });

  it("know no URL that was not among them", () => {
    expect(new Folders([`${ORIGIN}/a`], 5).partOf(`${ORIGIN}/b`)).toBe(-1);
  });

  it("are there for what is no address, and for nothing", () => {
    expect(partsOf(["not a url"], 5)).toHaveLength(1);
    expect(new Folders([], 5).names).toEqual([]);
  });
});
