import { expect, it } from "vitest";
import type { Skipped } from "../src/output.js";
import { parseRobots } from "../src/robots.js";
import { RobotsSitemaps } from "../src/robots-sitemaps.js";
import { Scope } from "../src/scope.js";

interface Taken {
  readonly queued: string[];
  readonly refused: Skipped[];
}

function takers(scope: Scope): Taken & { readonly sitemaps: RobotsSitemaps } {
  const queued: string[] = [];
  const refused: Skipped[] = [];
  const frontier = {
    add: ({ href }: URL, depth: number, referrer: string | null): boolean => {
      queued.push(`${href} ${depth} ${referrer}`);
      return true;
    },
  };
  const ledger = { refuse: (it: Skipped): void => void refused.push(it) };
  return { queued, refused, sitemaps: new RobotsSitemaps({ frontier, scope, ledger }) };
}

const HOME = new URL("http://a.example/blog/");

it("takes the sitemaps of a robots.txt once, as far as they are in scope", () => {
  const scope = new Scope({ include: ["/blog/**"], maxDepth: 0 });
  scope.addSeed(HOME);
  const { queued, refused, sitemaps } = takers(scope);
  const text = ["http://a.example/map.xml", "/relative.xml", "http://b.example/", "ftp://a/"]
    .map((url) => `Sitemap: ${url}\n`)
    .join("");
  const rules = parseRobots(Buffer.from(text), "me");
  for (let i = 0; i < 2; i++) sitemaps.take(rules, HOME);
  const referrer = "http://a.example/robots.txt";
  expect(queued).toEqual([
    `http://a.example/map.xml -1 ${referrer}`,
    `http://a.example/relative.xml -1 ${referrer}`,
  ]);
  expect(refused).toEqual([
    { url: "http://b.example/", reason: "other-host", referrer },
    { url: "ftp://a/", reason: "unsupported-scheme", referrer },
  ]);
});

it("takes so many of one file", () => {
  const scope = new Scope();
  scope.addSeed(HOME);
  const text = Array.from({ length: 20_000 }, (_, i) => `Sitemap: /${i}\n`).join("");
  const { queued, sitemaps } = takers(scope);
  sitemaps.take(parseRobots(Buffer.from(text), "me"), HOME);
  expect(queued).toHaveLength(1_000);
});
