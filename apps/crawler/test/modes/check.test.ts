import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { command, type Ended } from "../command.js";
import { temporaryFolder } from "../folder.js";
import { crawlUntilKilled, randomNumbers, SEED } from "../killed.js";
import { serveLargeSite } from "../large-site.js";
import { serve, site } from "../server.js";

const PROGRAM = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

const moved = (location: string, status: number) => ({ status, headers: { location } });

/** A site with a fault of each kind. The other one is where links lead that leave it. */
async function serveFaults(): Promise<string> {
  const other = await serve(site({ "/": "<a href=/not-looked-at>", "/a": "" }));
  const { origin } = await serve(
    site({
      "/": `<a href=/fine#here></a> <a href=/gone></a>
        <img src=/gone.png> <img srcset="/fine.png, /gone.jpg 2x"> <script src=/gone.js></script>
        <link rel=stylesheet href=/fine.css>
        <a href=/fine#nowhere></a> <a href=#own></a> <a href=#top></a>
        <a href=/forever></a> <a href=/for-now></a> <a href=/twice></a> <a href=/round></a>
        <a href=/forever#here></a> <a href=/forever#nowhere></a>
        <a href="http://[::1"></a> <a href="htp://example.org/"></a> <a href=""></a>
        <a href=mailto:a@example.org></a> <a href=/fine#:~:text=hello></a>
        <a href=${other.origin}/></a> <a href=${other.origin}/gone></a>
        <a href=http://127.0.0.1:9/></a>`,
      "/fine": "<p id=here>hello</p><a href=/gone></a><a href=/error></a>",
      "/fine.png": { status: 200, headers: { "content-type": "image/png" } },
      "/fine.css": {
        status: 200,
        headers: { "content-type": "text/css" },
        body: "@import 'gone.css';\n@font-face { src: url(gone.woff2) }",
      },
      "/forever": moved("/fine", 301),
      "/for-now": moved("/fine", 302),
      "/twice": moved("/for-now", 307),
      "/round": moved("/and-round", 302),
      "/and-round": moved("/round", 302),
      "/error": { status: 501 },
    }),
  );
  return origin;
}

const check = (origin: string, ...flags: string[]): Promise<Ended> =>
  command(["check", origin, "--allow-private", "--quiet", "--retries", "0", ...flags]);

interface Told {
  readonly errors: number;
  readonly findings: { kind: string; target: string; places: { page: string; line: number }[] }[];
}

/** `kind target: page:line ...`, without the site's own address. */
async function findings(origin: string, ...flags: string[]): Promise<string[]> {
  const { out } = await check(origin, "--as", "json", ...flags);
  return (JSON.parse(out) as Told).findings.map(({ kind, target, places }) => {
    const on = places.map(({ page, line }) => `${page}:${line}`);
    const text = `${kind} ${target}: ${on.join(" ")}`;
    return text.replaceAll(origin, "").replace(/127\.0\.0\.1:\d{4,}/, "other");
  });
}

const OWN = [
  "broken-link /error: /fine:1",
  "broken-link /gone: /:1 /fine:1",
  "broken-resource /gone.css: /fine.css:1",
  "broken-resource /gone.jpg: /:2",
  "broken-resource /gone.js: /:2",
  "broken-resource /gone.png: /:2",
  "broken-resource /gone.woff2: /fine.css:2",
  "redirect-loop /round: /:5",
  "invalid-url htp://example.org/: /:7",
  "invalid-url http://[::1: /:7",
  "missing-fragment /#own: /:4",
  "missing-fragment /fine#nowhere: /:4",
  "missing-fragment /forever#nowhere: /:6",
  "empty-link empty link: /:7",
  "redirect /forever: /:5",
  "redirect-chain /twice: /:5",
];
const OUTSIDE = ["broken-link http://127.0.0.1:9/: /:10", "broken-link http://other/gone: /:9"];

describe("greenlit-crawl check", () => {
  it("finds every fault, on every page that has it", async () => {
    const origin = await serveFaults();
    const found = await findings(origin);
    expect(found.toSorted()).toEqual([...OWN, ...OUTSIDE].sort());
  });

  it("asks nobody else with --no-external", async () => {
    const origin = await serveFaults();
    expect((await findings(origin, "--no-external")).toSorted()).toEqual(OWN.toSorted());
  });

  it("ends with 1 when something is broken, and with 0 when nothing is", async () => {
    const { origin } = await serve(site({ "/": "<a href=/a>", "/a": moved("/b", 301), "/b": "" }));
    const good = await check(origin);
    expect([good.code, good.err]).toEqual([0, ""]);
    expect(good.out).toContain("✓ No broken links.\n! 1 warning: 1 permanent redirect.\n");
    expect(good.out).not.toContain("Crawl finished");
    expect((await check(origin, "--strict")).code).toBe(1);
    const bad = await check(`${origin}/missing`);
    expect(bad.code).toBe(1);
    expect(bad.out).toContain("404 Not Found\n      (a seed)\n");
    const hidden = await serve(site({ "/robots.txt": "User-agent: *\nDisallow: /" }));
    const nothing = await check(hidden.origin);
    expect([nothing.code, nothing.out]).toEqual([
      1,
      expect.stringContaining("? No page could be checked."),
    ]);
  });

  it("finds what sitemaps list that is not there", async () => {
    const urls = (origin: string) => `<url><loc>${origin}/gone</loc></url><url><loc>/a</loc></url>`;
    const { origin } = await serve((request, response) => {
      if (request.url !== "/sitemap.xml") site({ "/": "", "/a": "" })(request, response);
      else response.end(`<urlset>${urls(`http://${request.headers.host}`)}</urlset>`);
    });
    expect(await findings(origin, "--sitemap", `${origin}/sitemap.xml`)).toEqual([
      "broken-link /gone: /sitemap.xml:null",
    ]);
  });

  it("says nothing of what is accepted or ignored", async () => {
    const { origin } = await serve(
      site({ "/": "<a href=/a><a href=/b/c>", "/a": { status: 403 }, "/b/c": { status: 410 } }),
    );
    expect((await check(origin, "--accept", "400-404", "--ignore", "/b/**")).code).toBe(0);
    expect((await check(origin, "--accept", "403")).out).toContain("1 broken link.");
    const wrong = await check(origin, "--accept", "4xx");
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("Not statuses, such as 403,500-599.");
  });

  it("writes JUnit beside what it prints, and keeps no job", async () => {
    const folder = temporaryFolder();
    const { origin } = await serve(site({ "/": "<a href=/gone>" }));
    const args = ["check", origin, "--quiet", "--junit", "links.xml", "--as", "markdown"];
    const { code, out } = await command(args, () => {}, folder);
    expect(code).toBe(1);
    expect(out).toContain("## ❌ 1 error: 1 broken link\n");
    expect(readFileSync(join(folder, "links.xml"), "utf8")).toContain(
      `<failure type="broken-link" message="404 Not Found">${origin}/gone: 404 Not Found\n`,
    );
    expect(existsSync(join(folder, `crawl-${new URL(origin).host}`))).toBe(false);
  });

  it("can be made again of a job, and not of one that was begun as another", async () => {
    const folder = temporaryFolder();
    const { origin, requests } = await serve(site({ "/": "<a href=/gone>" }));
    const run = (...args: string[]) => command([...args, "--quiet"], () => {}, folder);
    const first = await run("check", origin, "--job", "a");
    const before = requests.length;
    const again = await run("check", "--job", "a", "--as", "json");
    expect(requests).toHaveLength(before);
    expect([first.code, again.code]).toEqual([1, 1]);
    expect((JSON.parse(again.out) as Told).errors).toBe(1);
    await run("crawl", origin, "--job", "b");
    const other = await run("check", "--job", "b");
    expect(other.code).toBe(1);
    expect(other.err).toContain("the crawl in b was begun without its links");
  });

  it("finds what it would have found when it is killed again and again", async () => {
    console.log(`check.test.ts: CRAWL_SEED=${SEED}`);
    const random = randomNumbers(SEED);
    const large = await serveLargeSite(300);
    const job = temporaryFolder();
    // It ends with 0 where nothing is broken.
    const flags = ["--job", job, "--quiet", "--per-host", "16", "--accept", "404"];
    const program = [PROGRAM, "check", large.seed, ...flags];
    let kills = 0;
    while (!(await crawlUntilKilled(program, large, kills < 5 ? random : null))) kills++;
    const { out } = await command(["check", "--job", job, "--json", "--quiet"]);
    const { findings } = JSON.parse(out) as Told;
    const broken = findings.map(({ target, places }) => [target, places.map(({ page }) => page)]);
    const missing = large.urls.filter((url) => url.includes("/missing/"));
    expect(broken).toEqual(missing.map((url) => [url, [url.replace("missing", "page")]]));
  });
});
