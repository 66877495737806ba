import type { ChildProcess } from "node:child_process";
import type { ServerResponse } from "node:http";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PageRecord } from "../src/output.js";
import type { Summary } from "../src/summary.js";
import { command } from "./command.js";
import { temporaryFolder } from "./folder.js";
import { serve, site } from "./server.js";

const recordsOf = (lines: string): PageRecord[] =>
  lines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as PageRecord);

describe("greenlit-crawl", () => {
  it("does not mind that the reader of its help has gone", async () => {
    const { code, err } = await command(["--help"], (child) => child.stdout!.destroy());
    expect({ code, err }).toEqual({ code: 0, err: "" });
  });

  it("crawls the demo site and ends, with the numbers the site promises", async () => {
    const { code, out, err } = await command(["--demo", "--json"]);
    // Nothing but how far it is, which a slow machine is told.
    expect(err.replace(/^\d+ pages, \d+\/s, .*\n/gm, "")).toBe("");
    const summary = JSON.parse(out) as Summary;
    expect(summary).toMatchObject({
      pages: 2_425,
      failed: 25,
      statuses: { "2xx": 2_420 },
      retries: 14,
    });
    expect(code).toBe(0);
  });

  it("writes records to standard output, and then the summary to the other", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/a": "" }));
    const { code, out, err } = await command([origin, "--output", "-", "--quiet"]);
    expect(code).toBe(0);
    expect(recordsOf(out).map(({ url }) => url)).toEqual([`${origin}/`, `${origin}/a`]);
    expect(err).toContain("Crawl finished\n  pages           2 in ");
  });

  it("ends with 1 when nothing could be crawled, or the output could not be written", async () => {
    const dead = await command(["http://127.0.0.1:9/", "--retries", "0"]);
    expect(dead.code).toBe(1);
    expect(dead.out).toContain("connection-refused 1");
    const { origin } = await serve(site({ "/": { status: 404 } }));
    expect((await command([origin])).code).toBe(1);
    const unwritable = await command([origin, "--output", "/nonexistent/folder/file"]);
    expect(unwritable).toMatchObject({ code: 1, out: "" });
    expect(unwritable.err).toContain(
      "greenlit-crawl: /nonexistent/folder/file cannot be written: ENOENT",
    );
  });

  it("serves a dashboard while it crawls, and says where", async () => {
    const answers: ServerResponse[] = [];
    const { origin } = await serve((_request, response) => void answers.push(response));
    let heard = "";
    let page: Promise<[number, number]> | undefined;
    const { code, err } = await command([origin, "--quiet", "--dashboard"], ({ stderr }) => {
      stderr!.on("data", (text: string) => {
        heard += text;
        const [, address, token] = /Dashboard: (http:\S+)#token=(\S+)\n/.exec(heard) ?? [];
        if (address === undefined || page !== undefined) return;
        page = (async (): Promise<[number, number]> => {
          const headers = { authorization: `Bearer ${token}` };
          const hosts = await fetch(`${address}api/hosts`, { headers });
          const found = [(await fetch(address)).status, hosts.status] as [number, number];
          const end = (): void => answers.splice(0).forEach((answer) => void answer.end());
          setInterval(end, 20).unref();
          return found;
        })();
      });
    });
    expect(await page).toEqual([200, 200]);
    expect([code, err.split("\n").length]).toEqual([0, 2]);
  });

  it("says what to do when another one has the port of the dashboard", async () => {
    const { origin } = await serve(site({ "/": "" }));
    const { port } = new URL(origin);
    const { code, err } = await command([origin, "--dashboard", port]);
    expect(code).toBe(1);
    expect(err).toContain(`no dashboard at port ${port}: listen EADDRINUSE`);
    expect(err).toContain("Name another port, or none");
  });

  it("lets a module of settings see the pages", async () => {
    const { origin } = await serve(site({ "/": "<title>Home</title><a href=/a>", "/a": "" }));
    const folder = temporaryFolder();
    const settings = `export default {
      seeds: [${JSON.stringify(origin)}], output: "-",
      handler: (page) => page.emit({ title: page.title }),
    };`;
    writeFileSync(join(folder, "crawl.mjs"), settings);
    const args = ["--config", "crawl.mjs", "--job", "job", "--quiet"];
    const { code, out } = await command(args, undefined, folder);
    expect(code).toBe(0);
    expect(recordsOf(out)).toHaveLength(1); // the handler follows nothing
    expect(readFileSync(join(folder, "job/items.jsonl"), "utf8")).toBe('{"title":"Home"}\n');
  });

  it("says what it would do, and does nothing", async () => {
    const { origin, requests } = await serve(site({ "/": "" }));
    const folder = temporaryFolder();
    const list = join(temporaryFolder(), "urls.txt");
    writeFileSync(list, "nonsense\n");
    const { code, out, err } = await command(
      ["check", origin, "--seeds", list, "--dry-run"],
      undefined,
      folder,
    );
    expect([code, err]).toEqual([0, ""]);
    expect(out).toContain(`would fetch     ${origin}/\n`);
    expect(requests).toEqual(["/robots.txt"]);
    expect(readdirSync(folder)).toEqual([]);
    const bad = await command(["--seeds", list, "--dry-run", "--json"], undefined, folder);
    expect(bad.code).toBe(1);
    expect(JSON.parse(bad.out)).toMatchObject({ seedCount: 1, badSeedCount: 1 });
  });

  it("ends with 3 when its time is over and something is left", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/robots.txt") response.writeHead(404).end();
      else if (request.url === "/") response.end("<!doctype html><a href=/never>");
    });
    const { code, out } = await command([origin, "--max-time", "1s", "--quiet"]);
    expect(code).toBe(3);
    expect(out).toContain("Crawl ended by --max-time\n  pages           1 in ");
    expect(out).toContain("max-time 1");
  });

  it("ends with 2 and usage on stderr for wrong arguments", async () => {
    for (const args of [
      [],
      ["nonsense"],
      ["http://a.example", "--concurrency", "none"],
      ["--what"],
    ]) {
      const { code, out, err } = await command(args);
      expect(code, `${args.join(" ")}: ${err}`).toBe(2);
      expect(err).toContain("Usage: greenlit-crawl");
      expect(out).toBe("");
    }
  });

  it("makes a sitemap, and makes it again without a fetch", async () => {
    const { origin, requests } = await serve(site({ "/": "<a href=/a><a href=/b>", "/a": "" }));
    const folder = temporaryFolder();
    const first = await command(["sitemap", origin, "--job", "job", "--quiet"], undefined, folder);
    expect(first.code).toBe(0);
    expect(first.err).toBe("2 pages are in job/sitemap.xml.\n");
    const { length } = requests;
    const again = ["sitemap", "--job", "job", "--to", "map.xml", "--quiet"];
    expect((await command(again, undefined, folder)).code).toBe(0);
    expect(requests).toHaveLength(length);
    const map = readFileSync(join(folder, "map.xml"), "utf8");
    expect(map).toContain(`<loc>${origin}/a</loc>`);
    expect(readFileSync(join(folder, "job/sitemap.xml"), "utf8")).toBe(map);
  });

  it("keeps a crawl in a temporary folder for a mode that needs it, and removes that", async () => {
    const { origin, requests } = await serve(site({ "/": "" }));
    const folder = temporaryFolder();
    const temporary = temporaryFolder();
    const args = ["sitemap", origin, "--no-job", "--quiet"];
    const { code } = await command(args, undefined, folder, { TMPDIR: temporary });
    expect(code).toBe(0);
    expect(readdirSync(folder)).toEqual(["sitemap.xml"]);
    expect(readdirSync(temporary)).toEqual([]);
    const { length } = requests;
    const { err, code: second } = await command(args, undefined, folder, { TMPDIR: temporary });
    expect(second).toBe(1);
    expect(err).toContain("--to sitemap.xml replaces it");
    expect(requests).toHaveLength(length); // said before anything is fetched
    expect(readdirSync(temporary)).toEqual([]);
  });

  it("ends when the reader of its output has gone", async () => {
    const links = Array.from({ length: 300 }, (_, i) => `<a href=/${i}>`).join("");
    const { origin } = await serve((_, response) => {
      response.setHeader("content-type", "text/html");
      setTimeout(() => response.end(links), 5);
    });
    const ended = await command([origin, "--output", "-"], (child) => {
      child.stdout!.once("data", () => child.stdout!.destroy());
    });
    expect(ended.code).toBe(1);
    expect(ended.err).toContain("EPIPE");
  });

  it("drains on the first SIGINT: pages in flight end or go back, output and summary are written, 130", async () => {
    const file = join(temporaryFolder(), "pages.jsonl");
    let child: ChildProcess | undefined;
    let slow: ServerResponse | undefined;
    const server = await serve((request, response) => {
      response.setHeader("content-type", "text/html");
      const links = "<a href=/slow><a href=/never><a href=/queued>";
      if (request.url === "/robots.txt") response.writeHead(404).end();
      else if (request.url === "/") response.end(links);
      else if (request.url === "/slow") slow = response;
      else child?.kill("SIGINT"); // /never: no answer, and two are in flight now
    });
    const { code, out, err } = await command([server.origin, "--output", file, "--json"], (it) => {
      child = it;
      it.stderr!.on("data", (text) => {
        if (String(text).includes("Stopping")) slow?.end();
      });
    });
    expect(code).toBe(130);
    expect(err).toContain("Stopping: 2 pages in flight.");
    expect(server.requests).not.toContain("/queued");
    const records = recordsOf(readFileSync(file, "utf8"));
    expect(records.map(({ url, error }) => [url.replace(server.origin, ""), error])).toEqual([
      ["/", null],
      ["/slow", null],
    ]);
    expect(JSON.parse(out)).toMatchObject({
      interrupted: true,
      pages: 2,
      failed: 0,
      skipped: { interrupted: 2 },
    });
  });

  it("ends at once on the second", async () => {
    let child: ChildProcess | undefined;
    const server = await serve((request, response) => {
      if (request.url === "/robots.txt") response.writeHead(404).end();
      else child?.kill("SIGINT");
    });
    const { code, out } = await command([server.origin], (it) => {
      child = it;
      it.stderr!.on("data", (text: string) => {
        if (text.includes("Stopping")) it.kill("SIGINT");
      });
    });
    expect(code).toBe(130);
    expect(out).toBe(""); // else it would have waited, and told what it has done
  });
});
