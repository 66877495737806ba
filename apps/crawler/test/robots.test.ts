import { describe, expect, it } from "vitest";
import { isAllowed, parseRobots, productToken, ROBOTS_MAX_BYTES } from "../src/robots.js";

function allowed(robots: string | Uint8Array, path: string, token = "FooBot"): boolean {
  const body = typeof robots === "string" ? Buffer.from(robots) : robots;
  return isAllowed(parseRobots(body, token), new URL(path, "http://example.org"));
}

/** The answer for FooBot to each path, under the rules of one group. */
function verdicts(rules: string, paths: readonly string[]): boolean[] {
  return paths.map((path) => allowed(`User-agent: FooBot\n${rules}`, path));
}

describe("the examples of RFC 9309", () => {
  const simple = `User-Agent: *
Disallow: *.gif$
Disallow: /example/
Allow: /publications/

User-Agent: foobot
Disallow:/
Allow:/example/page.html
Allow:/example/allowed.gif

User-Agent: barbot
User-Agent: bazbot
Disallow: /example/page.html

User-Agent: quxbot
`;

  it.each([
    ["someone", "/a.gif", false],
    ["someone", "/a.gif?b", true],
    ["someone", "/example/", false],
    ["someone", "/publications/x", true],
    // The longest pattern decides, and `/publications/` is longer.
    ["someone", "/publications/x.gif", true],
    ["foobot", "/", false],
    ["foobot", "/example/page.html", true],
    ["foobot", "/example/allowed.gif", true],
    ["foobot", "/example/other.gif", false],
    ["barbot", "/example/page.html", false],
    ["bazbot", "/example/page.html", false],
    ["bazbot", "/a.gif", true],
    ["quxbot", "/example/", true], // an empty group: no rules at all
  ])("section 5.1: %s and %s", (token, path, expected) => {
    expect(allowed(simple, path, token)).toBe(expected);
  });

  it("section 5.2: the longest match", () => {
    const robots =
      "User-Agent: foobot\nAllow: /example/page/\nDisallow: /example/page/disallowed.gif\n";
    expect(allowed(robots, "/example/page/disallowed.gif")).toBe(false);
    expect(allowed(robots, "/example/page/other.gif")).toBe(true);
  });

  it("section 2.2.1: groups for the same product token are merged", () => {
    const robots =
      "user-agent: ExampleBot\ndisallow: /foo\ndisallow: /bar\n\nuser-agent: ExampleBot\ndisallow: /baz\n";
    const answers = ["/foo", "/bar", "/baz", "/qux"].map((path) =>
      allowed(robots, path, "ExampleBot"),
    );
    expect(answers).toEqual([false, false, false, true]);
  });

  it.each([
    ["/foo/bar?baz=quz", "/foo/bar?baz=quz"],
    ["/foo/bar?baz=https://foo.bar", "/foo/bar?baz=https://foo.bar"],
    ["/foo/bar/\u30C4", "/foo/bar/%E3%83%84"],
    ["/foo/bar/%E3%83%84", "/foo/bar/\u30C4"],
    ["/foo/bar/%62%61%7A", "/foo/bar/baz"],
    ["/foo/bar/baz", "/foo/bar/%62%61%7A"],
    ["/foo/%aa", "/foo/%AA"],
    ["/path/file-with-a-%2A.html", "/path/file-with-a-*.html"],
    ["/path/foo-%24", "/path/foo-$"],
  ])("section 2.2.2 and 2.2.3: the pattern %s matches %s", (pattern, path) => {
    expect(allowed(`User-agent: *\nDisallow: ${pattern}\n`, path)).toBe(false);
  });

  it("never forbids robots.txt itself", () => {
    expect(verdicts("Disallow: /\n", ["/robots.txt", "/robots.txt2"])).toEqual([true, false]);
  });
});

describe("groups", () => {
  it("allows everything without rules, and to a crawler without a name all but the rules for everybody", () => {
    expect(allowed("", "/x")).toBe(true);
    expect(allowed("User-agent: FooBot\nDisallow: /\n", "/x", "")).toBe(true);
    expect(allowed("User-agent: *\nDisallow: /\n", "/x", "")).toBe(false);
  });

  it("begins a group with a user-agent line that follows a rule", () => {
    const robots = `allow: /foo/bar/

user-agent: FooBot
disallow: /
allow: /x/
user-agent: BarBot
disallow: /
allow: /y/


allow: /w/
user-agent: BazBot

user-agent: FooBot
allow: /z/
disallow: /
`;
    expect(allowed(robots, "/x/b", "FooBot")).toBe(true);
    expect(allowed(robots, "/z/d", "FooBot")).toBe(true);
    expect(allowed(robots, "/y/c", "FooBot")).toBe(false);
    expect(allowed(robots, "/y/c", "BarBot")).toBe(true);
    expect(allowed(robots, "/w/a", "BarBot")).toBe(true); // blank lines end nothing
    expect(allowed(robots, "/z/d", "BarBot")).toBe(false);
    expect(allowed(robots, "/z/d", "BazBot")).toBe(true); // shares the group of the line below
    for (const token of ["FooBot", "BarBot", "BazBot"]) {
      // A rule before any group is nobody's.
      expect(allowed(robots, "/foo/bar/", token)).toBe(false);
    }
  });

  it("prefers the crawler's own group to that for everybody, wherever it stands", () => {
    const robots = "User-agent: *\nDisallow: /x/\nUser-agent: FooBot\nDisallow: /y/\n";
    expect(allowed(robots, "/x/page")).toBe(true);
    expect(allowed(robots, "/y/page")).toBe(false);
    expect(allowed(robots, "/x/page", "BarBot")).toBe(false);
    expect(allowed("User-agent: *\nAllow: /\nUser-agent: FooBot\nDisallow: /\n", "/x")).toBe(false);
  });

  it("compares names without case, as whole words", () => {
    for (const name of ["FOOBOT", "foobot", "FoObOt", "FooBot/2.1", "FooBot news", "FooBot*"]) {
      expect(allowed(`User-agent: ${name}\nDisallow: /\n`, "/x"), name).toBe(false);
    }
    for (const name of ["Foo", "FooBot-News", "FooBotX", "MyFooBot", "2FooBot", ""]) {
      expect(allowed(`User-agent: ${name}\nDisallow: /\n`, "/x"), name).toBe(true);
    }
  });

  it("is not disturbed by other records", () => {
    expect(
      allowed(
        "User-agent: FooBot\nSitemap: http://example.org/s\nUser-agent: *\nDisallow: /\n",
        "/x",
      ),
    ).toBe(false);
    expect(
      allowed("User-agent: FooBot\nCrawl-delay: 1\nUser-agent: BarBot\nDisallow: /\n", "/x"),
    ).toBe(false);
  });
});

describe("lines", () => {
  it("takes names in any case, and without a colon", () => {
    for (const robots of [
      "USER-AGENT: FooBot\nALLOW: /x/\nDISALLOW: /\n",
      "uSeR-aGeNt: FooBot\naLlOw: /x/\ndIsAlLoW: /\n",
      "user-agent FooBot\nallow /x/\ndisallow /\n",
      "useragent : FooBot\n allow:/x/\n\tdissallow\t:\t/ \n",
    ]) {
      expect(allowed(robots, "/x/y"), robots).toBe(true);
      expect(allowed(robots, "/a/b"), robots).toBe(false);
    }
    expect(allowed("foo: FooBot\nbar: /\n", "/x/y")).toBe(true);
  });

  it("ends at LF, CR LF or CR, the last one perhaps not at all", () => {
    for (const end of ["\n", "\r\n", "\r"]) {
      const robots = [
        "User-Agent: foo",
        "Allow: /some/path",
        "User-Agent: bar",
        "",
        "",
        "Disallow: /",
      ];
      expect(allowed(robots.join(end), "/x", "bar")).toBe(false);
      expect(allowed(robots.join(end) + end, "/x", "foo")).toBe(true);
    }
    expect(allowed("User-agent: foo\r\n\nDisallow: /\r", "/x", "foo")).toBe(false);
  });

  it("begins a comment anywhere", () => {
    const rules = "# Disallow: /\nDisallow: /foo/quz#qux\nAllow: /\n";
    expect(verdicts(rules, ["/foo/bar", "/foo/quz"])).toEqual([true, false]);
  });

  it("skips a byte order mark, at the beginning only", () => {
    expect(allowed("\uFEFFUser-agent: FooBot\nDisallow: /\n", "/x")).toBe(false);
    expect(allowed("User-agent: FooBot\n\uFEFFDisallow: /\n", "/x")).toBe(true);
  });

  it("survives anything", () => {
    const noise = Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7919) % 256));
    expect(allowed(noise, "/x")).toBe(true);
    const robots = Buffer.concat([
      noise,
      Buffer.from("\nUser-agent: FooBot\n:\n: /\nDisallow: /x\n"),
    ]);
    expect(allowed(robots, "/x")).toBe(false);
    expect(allowed("<!doctype html>\n<html><body>Not found: try again</body>", "/x")).toBe(true);
  });

  it("reads 500 KiB and nothing after, not even half a line", () => {
    const head = "User-agent: FooBot\n";
    const last = "Disallow: /last\n";
    const filler = `${"#".repeat(99)}\n`
      .repeat(ROBOTS_MAX_BYTES / 100)
      .slice(0, ROBOTS_MAX_BYTES - head.length);
    const fits = head + filler.slice(0, filler.length - last.length - 1) + `\n${last}`;
    expect(Buffer.byteLength(fits)).toBe(ROBOTS_MAX_BYTES);
    expect(allowed(fits, "/last")).toBe(false);
    const cut = fits.slice(0, -last.length) + "Disallow: /xxxxxxxxxxxx\nDisallow: /after\n";
    expect(allowed(cut, "/x")).toBe(true);
    expect(allowed(cut, "/after")).toBe(true);
  });
});

describe("patterns", () => {
  it("are case sensitive", () => {
    expect(verdicts("Disallow: /X/\n", ["/x/y", "/X/y"])).toEqual([true, false]);
  });

  it.each([
    ["disallow: /x/page.html\nallow: /x/\n", "/x/page.html", false],
    ["allow: /x/page.html\ndisallow: /x/\n", "/x/page.html", true],
    ["allow: /x/page.html\ndisallow: /x/\n", "/x/", false],
    ["disallow: \nallow: \n", "/x/page.html", true],
    ["disallow: /\nallow: /\n", "/x/page.html", true], // a tie: allow
    ["allow: /\ndisallow: /\n", "/x/page.html", true],
    ["disallow: /x\nallow: /x/\n", "/x", false],
    ["disallow: /x\nallow: /x/\n", "/x/", true],
    ["allow: /page\ndisallow: /*.html\n", "/page.html", false],
    ["allow: /page\ndisallow: /*.html\n", "/page", true],
    ["allow: /x/page.\ndisallow: /*.html\n", "/x/page.html", true],
    ["allow: /x/page.\ndisallow: /*.html\n", "/x/y.html", false],
    ["allow: /p\ndisallow: /\n", "/page", true],
    ["allow: /folder\ndisallow: /folder\n", "/folder/page", true],
    ["allow: /page\ndisallow: /*.htm\n", "/page.htm", false],
    ["allow: /$\ndisallow: /\n", "/", true],
    ["allow: /$\ndisallow: /\n", "/page.htm", false],
  ])("%j for %s: the longest decides", (rules, path, expected) => {
    expect(verdicts(rules, [path])).toEqual([expected]);
  });

  const fish = ["/fish", "/fish.html", "/fish/salmon.html", "/fishheads", "/fishheads/yummy.html"];
  it.each<[string, string[], string[]]>([
    ["/fish", [...fish, "/fish.html?id=1"], ["/bar", "/Fish.asp", "/catfish", "/?id=fish"]],
    ["/fish*", [...fish, "/fish.html?id=1"], ["/bar", "/Fish.asp", "/catfish", "/?id=fish"]],
    ["/fish/", ["/fish/", "/fish/?id=1", "/fish/salmon.htm"], ["/fish", "/fish.html", "/Fish/a"]],
    [
      "/*.php",
      ["/a.php", "/f/a.php", "/f/a.php?p", "//f/any.php.html", "/a.php/", "/index?f=a.php/"],
      ["/php/", "/index?php", "/windows.PHP"],
    ],
    [
      "/*.php$",
      ["/a.php", "/f/a.php", "/a.php.php"],
      ["/a.php?p", "/a.php/", "/a.php5", "/php/", "/aaaphpaaa", "/windows.PHP"],
    ],
    ["/fish*.php", ["/fish.php", "/fishheads/catfish.php?p"], ["/Fish.PHP", "/fish.ph"]],
    ["/foo/*/qux", ["/foo/a/qux", "/foo/a/b/qux", "/foo//qux"], ["/foo/qux", "/foo/a/quz"]],
    ["/foo/bar$", ["/foo/bar"], ["/foo/bar/", "/foo/bar/qux", "/foo/bar?a"]],
    ["*/end$", ["/end", "/a/end"], ["/end/", "/endless"]],
    ["/a*b*c$", ["/abc", "/axbxc", "/abcbc"], ["/acb", "/ab", "/abcd"]],
    ["/a*a$", ["/aa", "/aaa", "/a/a"], ["/a"]],
    ["/a$b", ["/a$b", "/a$bc"], ["/a"]], // a `$` within the pattern is a character
    ["/**", ["/", "/a"], []],
    ["/foo?bar", ["/foo?bar", "/foo?barbaz"], ["/foo", "/foo?baz", "/fooxbar"]],
    ["/a b", ["/a%20b"], ["/a"]],
    ["foo", [], ["/foo", "/"]], // paths begin with a slash: this one can match nothing
  ])("%s", (pattern, matching, others) => {
    for (const path of matching)
      expect(verdicts(`disallow: ${pattern}\n`, [path]), path).toEqual([false]);
    for (const path of others)
      expect(verdicts(`disallow: ${pattern}\n`, [path]), path).toEqual([true]);
  });

  it("of many wildcards are matched in no time", () => {
    const started = performance.now();
    expect(verdicts(`disallow: /${"*a".repeat(2_000)}b$\n`, [`/${"a".repeat(20_000)}`])).toEqual([
      true,
    ]);
    expect(performance.now() - started).toBeLessThan(1_000);
  });
});

describe("other records", () => {
  it("reads the crawl-delay of the crawler's group, in ms, at most a minute", () => {
    const delay = (robots: string): number | null =>
      parseRobots(Buffer.from(robots), "FooBot").crawlDelay;
    expect(delay("User-agent: *\nCrawl-delay: 2.5\n")).toBe(2_500);
    expect(
      delay("User-agent: *\nCrawl-delay: 5\nDisallow:\nUser-agent: FooBot\nCrawl-delay: 1\n"),
    ).toBe(1_000);
    expect(delay("User-agent: *\nCrawl-delay: 86400\n")).toBe(60_000);
    for (const value of ["", "-1", "soon", "NaN"]) {
      expect(delay(`User-agent: *\nCrawl-delay: ${value}\n`)).toBe(null);
    }
  });

  it("collects sitemaps from anywhere", () => {
    const robots =
      "Sitemap: http://example.org/a.xml\nUser-agent: x\nDisallow: /\nsitemap: http://example.org/b.xml";
    expect(parseRobots(Buffer.from(robots), "FooBot").sitemaps).toEqual([
      "http://example.org/a.xml",
      "http://example.org/b.xml",
    ]);
  });
});

describe("productToken", () => {
  it.each([
    ["greenlit-crawler/0.0.0 (+https://example.org)", "greenlit-crawler"],
    ["FooBot", "FooBot"],
    ["Foo_Bot 2", "Foo_Bot"],
    ["Mozilla/5.0 (compatible; SomeBot/2.1; +http://example.org)", "SomeBot"],
    ["Mozilla/5.0 (X11; Linux)", "Mozilla"],
    ["", ""],
    ["ツ", ""],
  ])("of %j is %j", (userAgent, token) => {
    expect(productToken(userAgent)).toBe(token);
  });
});
