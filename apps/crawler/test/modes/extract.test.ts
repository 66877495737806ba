import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command, type Ended } from "../command.js";
import { temporaryFolder } from "../folder.js";
import { parseCsv } from "../parse-csv.js";
import { serve, site } from "../server.js";

const PAGES = {
  "/": "<h1>Shop</h1><a href=/1><a href=/2>",
  "/1": `<h1>One</h1><p class=p data-price=1.50><b>A, "B"</b><p class=p><b>=C</b>
    <script type="application/ld+json">{"@type":"Product","name":"One"}</script>`,
  "/2": '<p>no heading<script type="application/ld+json">{"broken":</script>',
};

async function extract(cwd: string, ...flags: string[]): Promise<Ended & { origin: string }> {
  const { origin } = await serve(site(PAGES));
  const args = ["extract", origin, "--job", "j", "--quiet", ...flags];
  return { origin, ...(await command(args, undefined, cwd)) };
}

const linesOf = (file: string): unknown[] =>
  readFileSync(file, "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as unknown);

describe("greenlit-crawl extract", () => {
  it("writes what it finds on each page", async () => {
    const cwd = temporaryFolder();
    const { code, err, origin } = await extract(cwd, "--select", "title=h1", "--json-ld");
    expect(code).toBe(0);
    expect(linesOf(join(cwd, "j/items.jsonl"))).toEqual([
      { url: `${origin}/`, title: "Shop", jsonLd: [] },
      { url: `${origin}/1`, title: "One", jsonLd: [{ "@type": "Product", name: "One" }] },
    ]);
    expect(err).toMatch(/^JSON-LD that is no JSON: 1; the first is on http:\S+\/2: .*JSON.*\n$/);
  });

  it("writes CSV, an item for each element", async () => {
    const cwd = temporaryFolder();
    const flags = ["--each", ".p", "--select", "name=b", "price:number=@data-price"];
    const { code, origin } = await extract(cwd, ...flags, "--items", "items.csv");
    expect(code).toBe(0);
    expect(parseCsv(readFileSync(join(cwd, "items.csv"), "utf8"))).toEqual([
      ["url", "name", "price"],
      [`${origin}/1`, 'A, "B"', "1.5"],
      [`${origin}/1`, "'=C", ""],
    ]);
  });

  it("writes items to standard output, and the summary to the other", async () => {
    const cwd = temporaryFolder();
    const flags = ["--select", "title=h1", "--items", "-", "--format"];
    const csv = await extract(cwd, ...flags, "csv");
    expect(parseCsv(csv.out).slice(1)).toEqual([
      [`${csv.origin}/`, "Shop"],
      [`${csv.origin}/1`, "One"],
    ]);
    expect(csv.err).toContain("Crawl finished");
    const { out, origin } = await extract(temporaryFolder(), ...flags, "jsonl");
    expect(JSON.parse(out.split("\n")[0]!)).toEqual({ url: `${origin}/`, title: "Shop" });
  });

  it("says what is wrong before it fetches anything", async () => {
    const cwd = temporaryFolder();
    for (const [flags, message] of [
      [[], "nothing is to be extracted: name it with --select, --json-ld, --microdata"],
      [["--select", "title=h1["], "h1[ is no CSS selector"],
    ] as const) {
      const { code, err } = await extract(cwd, ...flags);
      expect(code).toBe(1);
      expect(err).toContain(message);
      expect(existsSync(join(cwd, "j"))).toBe(false);
    }
  });
});
