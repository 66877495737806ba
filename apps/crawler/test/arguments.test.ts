import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Arguments, Exit, parseArguments } from "../src/arguments.js";
import { MODES } from "../src/modes/index.js";
import { temporaryFolder } from "./folder.js";

describe("parseArguments", () => {
  let out = "";
  let err = "";
  beforeEach(() => {
    out = err = "";
    vi.spyOn(process.stdout, "write").mockImplementation((text) => ((out += String(text)), true));
    vi.spyOn(process.stderr, "write").mockImplementation((text) => ((err += String(text)), true));
  });
  afterEach(() => vi.restoreAllMocks());

  it("reads every flag", () => {
    const argv =
      "http://a.example/ https://b.example --concurrency 7 --max-pages 50 --max-bytes 5MB --max-time 1h30m --max-path-depth 4 --max-depth 0 --scope domain --include /a/** --include /b/** --exclude /c --per-host 3 --delay 10 --timeout 1.5s --connect-timeout 11 --headers-timeout 12 --body-timeout 13 --retries 0 --retry-delay 1 --body-limit 1000 --user-agent Bot/1 --auth me:secret --cookie a=1;b=2 --cookies-file c.txt --proxy http://p.example:1 --no-robots --no-cookies --trap same-content=9 --trap too-many-queries=8 --allow-private --job folder --fresh --output - --items i.jsonl --skipped --warc w --warc-size 1GB --format csv --json --quiet --dashboard 8080".split(
        " ",
      );
    expect(parseArguments(argv)).toEqual({
      mode: MODES[0],
      handler: undefined,
      flags: expect.objectContaining({ concurrency: 7, output: "-" }),
      crawl: {
        seeds: ["http://a.example/", "https://b.example"],
        concurrency: 7,
        maxPages: 50,
        maxBytes: 5_000_000,
        maxTime: 5_400_000,
        maxPathDepth: 4,
        maxDepth: 0,
        scope: "domain",
        include: ["/a/**", "/b/**"],
        exclude: ["/c"],
        perHost: 3,
        delay: 10,
        timeout: 1_500,
        connectTimeout: 11,
        headersTimeout: 12,
        bodyTimeout: 13,
        retries: 0,
        retryDelay: 1,
        bodyLimit: 1000,
        userAgent: "Bot/1",
        auth: "me:secret",
        cookie: "a=1;b=2",
        cookiesFile: "c.txt",
        proxy: "http://p.example:1",
        robots: false,
        cookies: false,
        traps: { maxSameness: 9, maxQueryCombinations: 8 },
        allowPrivate: true,
        job: "folder",
        fresh: true,
        output: undefined,
        items: "i.jsonl",
        skipped: true,
        warc: "w",
        warcSize: 1_000_000_000,
        format: "csv",
      },
      toStdout: true,
      json: true,
      quiet: true,
      dryRun: false,
      demo: false,
      workers: 1,
      dashboard: 8080,
    } satisfies Arguments);
  });

  it("leaves to the crawl what is not given, and asks the demo site for more at once", () => {
    expect(parseArguments(["http://a.example"])).toEqual({
      mode: MODES[0],
      flags: { robots: true, cookies: true },
      crawl: { seeds: ["http://a.example"], job: "crawl-a.example", proxy: "environment" },
      toStdout: false,
      json: false,
      quiet: false,
      dryRun: false,
      demo: false,
      workers: 1,
      dashboard: null,
    });
    expect(parseArguments(["http://a.example", "--dashboard"])).toMatchObject({ dashboard: 0 });
    expect(parseArguments(["--demo"])).toMatchObject({
      crawl: { seeds: [], perHost: 8, job: undefined },
      demo: true,
    });
    expect(parseArguments(["--demo", "--per-host", "2"])).toMatchObject({ crawl: { perHost: 2 } });
  });

  it.each([
    [[], "no URL to begin with"],
    [["example.org"], "Did you mean https://example.org?"],
    [["ftp://example.org/"], "Not an http or https URL"],
    [["http://a.example", "--concurrency", "0"], "whole number of 1 or more"],
    [["http://a.example", "--concurrency", "1e3"], "whole number"],
    [["http://a.example", "--timeout", "-5"], 'It must be 1 ms or more, such as 500, "30s"'],
    [["http://a.example", "--body-limit", "big"], "It must be 1 bytes or more"],
    [["http://a.example", "--scope", "galaxy"], "It must be one of host, domain, any"],
    [["http://a.example", "--trap", "boredom=3"], "It must be one of url-too-long, "],
    [["http://a.example", "--trap", "same-content=0"], "and a number of 1 or more"],
    [["http://a.example", "--workers", "0"], "whole number of 1 or more"],
    [["http://a.example", "--workers", "2", "--no-job"], "--workers and --store need a --job"],
    [["http://a.example", "--bogus"], "unknown option"],
    [["http://a.example", "--concurency", "3"], "Did you mean --concurrency?"],
    [["http://a.example", "--header", "nonsense"], 'It must be "Name: value"'],
    [["http://a.example", "--header", "a\r\nb: c"], 'It must be "Name: value"'],
    [["http://a.example", "--header", "Cookie: a=1"], "Cookie and the headers of a connection"],
    [["http://a.example", "--auth", "me"], "It must be user:password"],
    [["http://a.example", "--cookie", "yes"], "It must be name=value"],
    [["--seeds", "-"], "give the crawl one with --job"],
    [["--sitemap", "map.xml"], "It must be an http or https URL"],
    [["http://a.example", "--sitemaps", "--no-robots"], "which --no-robots ignores"],
    [["sitmap", "http://a.example"], "No mode of this name. Did you mean sitemap?"],
    [["sitemap"], "no URL to begin with"],
    [["sitemap", "http://a.example", "--too", "x"], "Did you mean --to?"],
    [["sitemap", "http://a.example", "--output", "-"], "must be a file of JSON Lines (--output)"],
    [["sitemap", "http://a.example", "--output", "a.csv"], "must be a file of JSON Lines"],
    [["sitemap", "http://a.example", "--format", "csv"], "must be a file of JSON Lines"],
    [["crawl", "http://a.example", "--to", "x"], "unknown option '--to'"],
    [["http://a.example", "--output"], "argument missing"],
    [["--skipped", "http://a.example"], "put the flag behind the URLs"],
    [["http://a.example", "--output", "-", "--items", "-"], "only one of --output and --items"],
    [["http://a.example", "--no-job", "--warc"], "needs the name of a folder"],
    [["--dashboard", "http://a.example"], "put the flag behind the URLs"],
    [["http://a.example", "--dashboard", "65536"], "65536 is no port"],
    [["http://a.example", "--no-job", "--skipped"], "needs the name of a file"],
  ])("answers %j with usage on stderr and 2", (argv, message) => {
    expect(parseArguments(argv)).toEqual(new Exit(2));
    expect(err).toContain(message);
    expect(err).toContain("Usage: greenlit-crawl");
    expect(out).toBe("");
  });

  it("reads headers as curl does", () => {
    const argv = ["http://a.example", "--header", "X-Key: a: b", "--header", "accept:text/html"];
    expect(parseArguments([...argv, "--public-header", "From: me", "--no-proxy"])).toMatchObject({
      crawl: {
        headers: { "x-key": "a: b", accept: "text/html" },
        publicHeaders: { from: "me" },
        proxy: null,
      },
    });
    expect(parseArguments(argv)).not.toHaveProperty("crawl.header");
  });

  it("takes figures for a text where a text is wanted", () => {
    const argv = ["http://a.example", "--user-agent", "007", "--cookies-file", "1", "--delay", "5"];
    expect(parseArguments(argv)).toMatchObject({
      crawl: { userAgent: "007", cookiesFile: "1", delay: 5 },
    });
  });

  it("begins with lists and sitemaps, too, and names the crawl by the first", () => {
    const lists = ["--seeds", "lists/my urls.txt", "--seeds", "-"];
    expect(parseArguments([...lists, "--sitemaps"])).toMatchObject({
      crawl: {
        seeds: [],
        seedFiles: ["lists/my urls.txt", "-"],
        robotsSitemaps: true,
        job: "crawl-my-urls",
      },
    });
    expect(parseArguments([...lists, "--sitemap", "http://a.example:81/x.xml"])).toMatchObject({
      crawl: { sitemaps: ["http://a.example:81/x.xml"], job: "crawl-a.example-81" },
    });
  });

  it("takes settings from a file, over which flags win", () => {
    const file = join(temporaryFolder(), "crawl.json");
    const settings = { seeds: ["http://a.example"], delay: "1s", perHost: 3, robots: false };
    writeFileSync(file, JSON.stringify({ ...settings, output: "-", proxy: null }));
    const parse = (...argv: string[]): Arguments | Exit =>
      parseArguments(["--config", file, ...argv]);
    expect(parse("--per-host", "5")).toMatchObject({
      crawl: {
        seeds: ["http://a.example"],
        delay: "1s",
        perHost: 5,
        robots: false,
        proxy: null,
        job: "crawl-a.example",
        output: undefined,
      },
      toStdout: true,
    });
    expect(parse("http://b.example", "--output", "b.jsonl")).toMatchObject({
      crawl: { seeds: ["http://b.example"], job: "crawl-b.example", output: "b.jsonl" },
    });
    expect(parse("sitemap")).toEqual(new Exit(2));
    expect(err).toContain("must be a file of JSON Lines");
    writeFileSync(file, JSON.stringify({ seed: [] }));
    expect(parse()).toEqual(new Exit(2));
    expect(err).toContain(`${file}:1: there is no option seed. Did you mean seeds?`);
  });

  it("takes the flags of a crawl before and after a mode, and the mode's own after it", () => {
    const argv = "--per-host 3 sitemap http://a.example --to map.xml --no-robots --quiet";
    const parsed = parseArguments(argv.split(" "));
    expect(parsed).toMatchObject({
      mode: { name: "sitemap" },
      flags: { to: "map.xml", quiet: true },
      crawl: { seeds: ["http://a.example"], perHost: 3, robots: false },
      quiet: true,
    });
    expect(parsed).not.toHaveProperty("crawl.to");
    expect(parseArguments(["crawl", "http://a.example"])).toMatchObject({
      mode: { name: "crawl" },
      crawl: { seeds: ["http://a.example"] },
    });
  });

  it.each(MODES)("has help for the mode $name", (mode) => {
    expect(parseArguments([mode.name, "--help"])).toEqual(new Exit(0));
    const { length } = out;
    expect(out).toContain(`Usage: greenlit-crawl ${mode.name}`);
    for (const words of [mode.summary, "--concurrency", "Exit codes:"])
      expect(out).toContain(words);
    expect(parseArguments(["help", mode.name])).toEqual(new Exit(0));
    expect(out.slice(length)).toBe(out.slice(0, length));
    expect(parseArguments(["--help"])).toEqual(new Exit(0));
    expect(out).toMatch(new RegExp(`^ {2}${mode.name} .* ${mode.summary.slice(0, 20)}`, "m"));
  });

  it("prints help and version on stdout", () => {
    expect(parseArguments(["--help"])).toEqual(new Exit(0));
    for (const word of ["--concurrency", "--demo", "Exit codes:", "130"])
      expect(out).toContain(word);
    expect(parseArguments(["--version"])).toEqual(new Exit(0));
    expect(out).toMatch(/\n\d+\.\d+\.\d+\n$/);
    expect(err).toBe("");
  });
});
