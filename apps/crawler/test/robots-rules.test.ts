import { describe, expect, it } from "vitest";
import { RuleSet } from "../src/robots-rules.js";

function rules(...lines: string[]): RuleSet {
  const set = new RuleSet();
  for (const line of lines) set.add(line.startsWith("+"), line.slice(1));
  return set;
}

/** What RFC 9309 says, one rule after the other. */
function allows(lines: readonly string[], path: string): boolean {
  const matching = lines.filter((line) => {
    const pattern = line.slice(1).replace(/\$$/, "\0");
    const source = pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", ".*");
    return new RegExp(`^${source.replace("\0", "$")}`).test(path);
  });
  const longest = Math.max(0, ...matching.map(({ length }) => length));
  const deciding = matching.filter(({ length }) => length === longest);
  return deciding.length === 0 || deciding.some((line) => line.startsWith("+"));
}

describe("RuleSet", () => {
  it("decides as if it tried every rule", () => {
    let seed = 1;
    const random = (limit: number): number => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % limit;
    };
    const text = (letters: string, length: number): string =>
      Array.from({ length }, () => letters[random(letters.length)]).join("");
    for (let round = 0; round < 300; round++) {
      const lines = Array.from({ length: 1 + random(12) }, () => {
        const end = random(4) === 0 ? "$" : "";
        return `${random(3) === 0 ? "+" : "-"}/${text("ab*/", random(7))}${end}`;
      });
      const set = rules(...lines);
      for (let i = 0; i < 20; i++) {
        const path = `/${text("ab/", random(9))}`;
        expect(set.allow(path), `${lines.join(" ")} for ${path}`).toBe(allows(lines, path));
      }
    }
  });

  it.each([
    ["/a|b", "/a%7Cb"],
    ["/a%7cb", "/a|b"],
    ["/x?f[]=1", "/x?f%5B%5D=1"],
    ["/a^b", "/a%5Eb"],
    ['/a"b', "/a%22b"],
    ["/{x}", "/%7Bx%7D"],
    ["/a`b", "/a%60b"],
    ["/a'b", "/a%27b"],
    ["/a\\b", "/a%5Cb"],
    ["/%7Euser", "/~user"],
    ["/<x>", "/%3Cx%3E"],
    ["/a b", "/a%20b"],
    ["/ü", "/%C3%BC"],
    ["/😀", "/%F0%9F%98%80"],
  ])("takes %s and %s for the same", (pattern, path) => {
    expect(rules(`-${pattern}`).allow(path)).toBe(false);
    expect(rules(`-${path}`).allow(pattern)).toBe(false);
  });

  it.each<[string, (n: number) => string]>([
    ["with a star", (n) => `-/*x${n}`],
    ["with a star and an end", (n) => `-/*${n}$`],
    ["that end alike", (n) => `-/${n}*.html`],
    ["with many stars", (n) => `-/*a*b*${n}*c`],
    ["without a star", (n) => `-/page/${n}`],
  ])("asks few of very many rules, %s", (_, line) => {
    const time = (count: number): number => {
      const set = rules(...Array.from({ length: count }, (_, n) => line(100_000 + n)));
      const paths = Array.from({ length: 50 }, (_, n) => `/some/path/${n}/of/a/page-${n}.html?a=b`);
      set.allow("/first");
      const before = process.cpuUsage().user;
      for (let i = 0; i < 10; i++) for (const path of paths) set.allow(path);
      return process.cpuUsage().user - before;
    };
    time(100); // compiled
    // Two hundred times the rules.
    expect(time(20_000) / Math.max(time(100), 1_000)).toBeLessThan(100);
  });
});
