import { expect, it } from "vitest";
import { parseRobots } from "../src/robots.js";
import { RobotsSitemaps } from "../src/robots-sitemaps.js";
import { Scope } from "../src/scope.js";

it("takes the sitemaps of a robots.txt once, as far as they are in scope", () => {
  const scope = new Scope({ include: ["/blog/**"], maxDepth: 0 });
  scope.addSeed(new URL("http://a.example/blog/"));
  const sitemaps = new RobotsSitemaps(scope);
  const text = ["http://a.example/map.xml", "/relative.xml", "http://b.example/", "ftp://a/"]
    .map((url) => `Sitemap: ${url}\n`)
    .join("");
  const rules = parseRobots(Buffer.from(text), "me");
  const { wanted, refusals } = sitemaps.take(rules, "http://a.example");
  expect(wanted.map(({ href }) => href)).toEqual([
    "http://a.example/map.xml",
    "http://a.example/relative.xml",
  ]);
  const referrer = "http://a.example/robots.txt";
  expect(refusals).toEqual([
    { url: "http://b.example/", reason: "other-host", referrer },
    { url: "ftp://a/", reason: "unsupported-scheme", referrer },
  ]);
  expect(sitemaps.take(rules, "http://a.example")).toEqual({ wanted: [], refusals: [] });
});

it("takes so many of one file", () => {
  const scope = new Scope();
  scope.addSeed(new URL("http://a.example"));
  const text = Array.from({ length: 20_000 }, (_, i) => `Sitemap: /${i}\n`).join("");
  const rules = parseRobots(Buffer.from(text), "me");
  expect(new RobotsSitemaps(scope).take(rules, "http://a.example").wanted).toHaveLength(1_000);
});
