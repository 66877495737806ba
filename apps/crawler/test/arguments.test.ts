import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Arguments, Exit, parseArguments } from "../src/arguments.js";

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
      "http://a.example/ https://b.example --concurrency 7 --max-pages 50 --max-depth 0 --scope domain --include /a/** --include /b/** --exclude /c --per-host 3 --delay 10 --timeout 99 --connect-timeout 11 --headers-timeout 12 --body-timeout 13 --retries 0 --retry-delay 1 --body-limit 1000 --user-agent Bot/1 --no-robots --no-cookies --trap same-content=9 --trap too-many-queries=8 --allow-private --job folder --fresh --output - --items i.jsonl --skipped --format csv --json --quiet".split(
        " ",
      );
    expect(parseArguments(argv)).toEqual({
      crawl: {
        seeds: ["http://a.example/", "https://b.example"],
        concurrency: 7,
        maxPages: 50,
        maxDepth: 0,
        scope: "domain",
        include: ["/a/**", "/b/**"],
        exclude: ["/c"],
        perHost: 3,
        delay: 10,
        timeout: 99,
        connectTimeout: 11,
        headersTimeout: 12,
        bodyTimeout: 13,
        retries: 0,
        retryDelay: 1,
        bodyLimit: 1000,
        userAgent: "Bot/1",
        robots: false,
        cookies: false,
        traps: { maxSameness: 9, maxQueryCombinations: 8 },
        allowPrivate: true,
        job: "folder",
        fresh: true,
        output: undefined,
        items: "i.jsonl",
        skipped: true,
        format: "csv",
      },
      toStdout: true,
      json: true,
      quiet: true,
      demo: false,
    } satisfies Arguments);
  });

  it("has defaults, and asks the demo site for more at once", () => {
    expect(parseArguments(["http://a.example"])).toMatchObject({
      crawl: {
        concurrency: 100,
        perHost: 2,
        timeout: 30_000,
        retries: 2,
        robots: true,
        job: "crawl-a.example",
      },
      toStdout: false,
      json: false,
      demo: false,
    });
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
    [["http://a.example", "--timeout", "-5"], "whole number"],
    [["http://a.example", "--scope", "galaxy"], "Allowed choices are host, domain, any"],
    [["http://a.example", "--bogus"], "unknown option"],
    [["http://a.example", "--output"], "argument missing"],
    [["--skipped", "http://a.example"], "put the flag behind the URLs"],
    [["http://a.example", "--no-job", "--skipped"], "needs the name of a file"],
  ])("answers %j with usage on stderr and 2", (argv, message) => {
    expect(parseArguments(argv)).toEqual(new Exit(2));
    expect(err).toContain(message);
    expect(err).toContain("Usage: greenlit-crawl");
    expect(out).toBe("");
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
