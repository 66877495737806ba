import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { sitemapMode } from "../../src/modes/sitemap.js";
import type { PageRecord } from "../../src/output.js";
import { Statistics } from "../../src/summary.js";
import { temporaryFolder } from "../folder.js";
import { record } from "../record.js";

async function finish(pages: PageRecord[], folder: string, interrupted = false): Promise<string> {
  let said = "";
  const about = { interrupted, limit: null, hosts: 1, peakInFlight: 1, heldBack: {} };
  const code = await run(() =>
    sitemapMode.finish!({
      folder,
      file: join(folder, "sitemap.xml"),
      flags: {},
      summary: new Statistics().summary(about),
      journal: <T>() => pages as T[],
      say: (message) => (said += `${message}\n`),
    }),
  );
  expect(code).toBeNull();
  return said;
}

const page = (finalUrl: string, fields: Partial<PageRecord> = {}): PageRecord =>
  record({ url: finalUrl, finalUrl, ...fields });
const listed = (file: string): string[] =>
  [...readFileSync(file, "utf8").matchAll(/<loc>(.*?)<\/loc>/g)].map(([, url]) => url!);

it("lists the pages for readers, each once", async () => {
  const folder = temporaryFolder();
  const said = await finish(
    [
      page("http://a.example/"),
      page("http://a.example/missing", { status: 404 }),
      page("http://a.example/failed", { status: null, error: "dns" }),
      page("http://a.example/image", { contentType: "image/png" }),
      record({ url: "http://a.example/old", finalUrl: "http://a.example/new" }),
      page("http://a.example/elsewhere", { status: 301, stopped: "other-host" }),
      page("http://a.example/xhtml", { contentType: "application/xhtml+xml;charset=utf-8" }),
      page("http://a.example/hidden", { noindex: true }),
      page("http://a.example/?print", { canonical: "http://a.example/" }),
      page("http://a.example/~me", { canonical: "http://a.example/%7Eme#top" }),
      page("http://other.example/", { depth: 1 }),
    ],
    folder,
  );
  const file = join(folder, "sitemap.xml");
  expect(listed(file)).toEqual(
    ["/", "/new", "/xhtml", "/~me"].map((path) => `http://a.example${path}`),
  );
  expect(said).toBe(
    `4 pages are in ${file}.\n1 pages of sites without a seed are in no sitemap.\n`,
  );
});

it("makes one for each site that has a seed", async () => {
  const folder = temporaryFolder();
  const pages = [page("http://a.example/"), page("https://b.example:81/x")];
  await finish([...pages, page("http://a.example/1", { depth: 1 })], folder);
  expect(readdirSync(folder).sort()).toEqual(["sitemap-a.example.xml", "sitemap-b.example-81.xml"]);
  expect(listed(join(folder, "sitemap-a.example.xml"))).toHaveLength(2);
});

it("says when pages may be missing", async () => {
  const folder = temporaryFolder();
  expect(await finish([page("http://a.example/")], folder, true)).toContain(
    "Pages may be missing: the crawl was interrupted.\n",
  );
  expect(readFileSync(join(folder, "sitemap.xml"), "utf8")).toContain(
    "<!-- pages may be missing: ",
  );
});
