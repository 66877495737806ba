// A crawl that is kept in a folder, from the outside: the command.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import type { PageRecord } from "../src/output.js";
import type { Summary } from "../src/summary.js";
import { temporaryFolder } from "./folder.js";
import { serveLargeSite } from "./large-site.js";
import { command, type Ended, MAIN, recordsOf, urlsOf } from "./job-command.js";
import { serve, site } from "./server.js";

const folderOf = (origin: string): string => `crawl-${new URL(origin).host.replace(":", "-")}`;

describe("a crawl that is kept", () => {
  it("goes on with the same command, and counts all runs", async () => {
    const { seed, urls, requests } = await serveLargeSite(100);
    const cwd = temporaryFolder();
    const file = join(cwd, folderOf(seed), "pages.jsonl");
    const first = await command(cwd, [seed, "--max-pages", "40", "--json"]);
    expect(first.code).toBe(0);
    expect(first.err).toContain(`Kept in ${folderOf(seed)}: the same command goes on with it.\n`);
    expect(recordsOf(file)).toHaveLength(40);
    const second = await command(cwd, [seed, "--json"]);
    expect(second.err).toMatch(/Going on with the crawl in \S+ \(40 URLs ended, [1-9]\d* queued\)/);
    expect(urlsOf(file)).toEqual(urls);
    expect(JSON.parse(second.out)).toMatchObject({
      interrupted: false,
      pages: urls.length,
      failed: 0,
      skipped: {},
    });
    // Finished: nothing is left to do, and no URL is needed to say so.
    const before = requests.length;
    const third = await command(cwd, ["--job", folderOf(seed), "--json"]);
    expect(third.code).toBe(0);
    expect((JSON.parse(third.out) as Summary).pages).toBe(urls.length);
    expect(requests).toHaveLength(before);
    expect(urlsOf(file)).toEqual(urls);
  });

  it("starts over with --fresh, and only then", async () => {
    const { origin, requests } = await serve(site({ "/": "<a href=/a>", "/a": "" }));
    const cwd = temporaryFolder();
    for (const more of [[], [], ["--fresh"]]) await command(cwd, [origin, "--quiet", ...more]);
    expect(requests).toEqual(["/robots.txt", "/", "/a", "/robots.txt", "/", "/a"]);
    expect(recordsOf(join(cwd, folderOf(origin), "pages.jsonl"))).toHaveLength(2);
  });

  it("does not overwrite what is not its own", async () => {
    const { origin, requests } = await serve(site({ "/": "" }));
    const cwd = temporaryFolder();
    const file = join(cwd, "pages.jsonl");
    writeFileSync(file, "precious\n");
    for (const args of [[], ["--no-job"]]) {
      const { code, err } = await command(cwd, [origin, "--output", "pages.jsonl", ...args]);
      expect(code).toBe(1);
      expect(err).toBe(
        "greenlit-crawl: pages.jsonl is there already, and not of this crawl: " +
          "give another name, or start over with --fresh, which overwrites it\n",
      );
    }
    expect(readFileSync(file, "utf8")).toBe("precious\n");
    expect(requests).toEqual([]);
    expect((await command(cwd, [origin, "--output", "pages.jsonl", "--fresh"])).code).toBe(0);
    expect(urlsOf(file)).toEqual([`${origin}/`]);
    const elsewhere = await command(cwd, [origin, "--output", "other.jsonl"]);
    expect(elsewhere.err).toContain(
      `this crawl writes to ${file}, and cannot go on in other.jsonl`,
    );
    expect(existsSync(join(cwd, "other.jsonl"))).toBe(false);
  });

  it("has one process at a time", async () => {
    const cwd = temporaryFolder();
    let second: Promise<Ended> | undefined;
    const { origin } = await serve((request, response) => {
      if (request.url === "/robots.txt") return void response.writeHead(404).end();
      second ??= command(cwd, [origin]).finally(() => response.end("done"));
    });
    expect((await command(cwd, [origin])).code).toBe(0);
    const { code, err } = await second!;
    expect(code).toBe(1);
    expect(err).toMatch(/crawl-\S+ is in use by process \d+: wait until that has ended/);
  });

  it("takes a new URL of a host of which all had ended, and does not fetch it again", async () => {
    const { origin, requests } = await serve(site({ "/a": "", "/b": "", "/c": "" }));
    const cwd = temporaryFolder();
    const run = (...args: string[]): Promise<Ended> =>
      command(cwd, [...args, "--job", "job", "--no-robots", "--quiet"]);
    for (const paths of [["/a"], ["/b"], [], ["/c"], []])
      await run(...paths.map((path) => origin + path));
    expect(requests).toEqual(["/a", "/b", "/c"]);
    expect(urlsOf(join(cwd, "job/pages.jsonl"))).toHaveLength(3);
  });

  it("needs a URL to begin with", async () => {
    const { code, err } = await command(temporaryFolder(), ["--job", "new"]);
    expect(code).toBe(1);
    expect(err).toContain("new has no crawl to go on with: name a URL to begin with");
  });

  it("remembers where a seed has moved", async () => {
    const www = await serve(site({ "/": "<a href=/a><a href=/b>", "/a": "", "/b": "" }));
    const moved = { status: 301, headers: { location: `${www.origin}/` } };
    const { origin } = await serve(site({ "/": moved }));
    const cwd = temporaryFolder();
    await command(cwd, [origin, "--max-pages", "1", "--job", "j"]);
    const { out } = await command(cwd, ["--job", "j", "--json"]);
    expect(JSON.parse(out)).toMatchObject({ pages: 3, skipped: {} });
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(
      [`${origin}/`, `${www.origin}/a`, `${www.origin}/b`].sort(),
    );
  });
});

describe("nothing is lost", () => {
  it("when there are too few descriptors: fewer pages are in flight, which is said once", async () => {
    const links = Array.from({ length: 400 }, (_, i) => `/${i}`);
    const { origin } = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      if (request.url === "/") response.end(links.map((to) => `<a href=${to}>`).join(""));
      else setTimeout(() => response.end(), 50);
    });
    const urls = ["/", ...links].map((path) => origin + path).sort();
    const cwd = temporaryFolder();
    const args = [
      origin,
      "--concurrency",
      "300",
      "--per-host",
      "300",
      "--job",
      "j",
      "--retries",
      "0",
    ];
    const { code, out, err } = await command(cwd, [...args, "--json"], { limit: "ulimit -n 120" });
    expect(err.match(/This machine cannot hold so many pages in flight: .*EMFILE/g)).toHaveLength(
      1,
    );
    expect(JSON.parse(out)).toMatchObject({ failed: 0, errors: {}, interrupted: false });
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(urls);
    expect(code).toBe(0);
  });

  it.each(["SIGHUP", "SIGTERM"] as const)("at %s: the rest is for the next run", async (signal) => {
    const { seed, urls, requests } = await serveLargeSite(150);
    const cwd = temporaryFolder();
    const interrupted = await command(cwd, [seed, "--job", "j", "--json"], {
      during: (child) => {
        const timer = setInterval(() => {
          if (requests.length > 40 && child.kill(signal)) clearInterval(timer);
        }, 1);
        child.once("close", () => clearInterval(timer));
      },
    });
    expect(interrupted.code).toBe(130);
    expect(JSON.parse(interrupted.out)).toMatchObject({ interrupted: true, failed: 0 });
    const done = urlsOf(join(cwd, "j/pages.jsonl"));
    expect(done.length).toBeLessThan(urls.length);
    expect((await command(cwd, [seed, "--job", "j"])).code).toBe(0);
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(urls);
  });

  it("when the reader of standard output has gone", async () => {
    const { seed, urls } = await serveLargeSite(150);
    const cwd = temporaryFolder();
    let seen = "";
    const args = [seed, "--job", "j", "--output", "-"];
    const cut = spawn(process.execPath, [MAIN, ...args], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const said = text(cut.stderr);
    cut.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      seen += chunk;
      if (seen.split("\n").length > 20) cut.stdout.destroy();
    });
    const [code] = (await once(cut, "close")) as [number | null];
    expect(code).toBe(1);
    expect(await said).toMatch(/the output cannot be written: .*EPIPE/);
    const rest = await command(cwd, args);
    expect(rest.code).toBe(0);
    const lines = [...seen.split("\n").slice(0, -1), ...rest.out.trimEnd().split("\n")];
    const found = new Set(lines.map((line) => (JSON.parse(line) as PageRecord).url));
    // What the pipe had taken and nobody has read is gone; it was not lost by the crawl.
    const lost = urls.filter((url) => !found.has(url));
    expect(lost.length).toBeLessThan(urls.length / 2);
    for (const url of found) expect(urls).toContain(url);
  });

  it("when whoever reads its messages has gone", async () => {
    const { seed, urls } = await serveLargeSite(100);
    const cwd = temporaryFolder();
    const { code } = await command(cwd, [seed, "--job", "j"], {
      during: ({ stdout, stderr }) => {
        stdout!.destroy();
        stderr!.destroy();
      },
    });
    expect(code).toBe(0);
    expect(urlsOf(join(cwd, "j/pages.jsonl"))).toEqual(urls);
  });

  it("when the output is a full device", async () => {
    const { origin } = await serve(site({ "/": "" }));
    const cwd = temporaryFolder();
    const { code, err } = await command(cwd, [origin, "--output", "/dev/full"]);
    expect(code).toBe(1);
    expect(err).toContain("greenlit-crawl: /dev/full cannot be written: ENOSPC");
    expect((await command(cwd, [origin, "--fresh", "--output", "/dev/null"])).code).toBe(0);
  });
});
