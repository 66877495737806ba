// What a crawl does when there is no room left, and that it goes on when there is.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { PageRecord } from "../src/output.js";
import { readArchive, readIndex } from "./archive/read-archive.js";
import { temporaryFolder } from "./folder.js";
import { serveLargeSite } from "./large-site.js";
import { namespaces, runOnSmallDisk } from "./small-disk.js";

const program = (name: string): string =>
  fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));

function urlsOf(folder: string): string[] {
  const lines = readFileSync(join(folder, "pages.jsonl"), "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as PageRecord).url).sort();
}

describe.skipIf(namespaces === undefined)("a full disk", () => {
  // So much is needed by an empty store; then by the first lines, and by more of them.
  it.each(["64k", "200k", "300k"])("of %s loses nothing, and tears no line", async (size) => {
    const site = await serveLargeSite(600, 1);
    const [disk, out] = [temporaryFolder(), temporaryFolder()];
    const args = [program("keep"), site.seed, join(disk, "job")];
    const err = await runOnSmallDisk(size, [disk, out], args);
    expect(err).toMatch(
      /(pages.jsonl|items.jsonl|the job) cannot be written: (ENOSPC|LMDB says: )/,
    );
    expect(err).toContain("first run: 1\ntorn: 0\n");
    expect(err).toContain("second run: 0");
    expect(urlsOf(out)).toEqual(site.urls);
  });

  it.each(["300k", "700k"])("of %s leaves an archive whole", async (size) => {
    const site = await serveLargeSite(600, 1);
    const [disk, out] = [temporaryFolder(), temporaryFolder()];
    const args = [program("archive"), site.seed, join(disk, "job"), "50000"];
    const err = await runOnSmallDisk(size, [disk, out], args);
    expect(err).toMatch(/(archive|jsonl|the job) cannot be written: (ENOSPC|LMDB says: )/);
    expect(err).toContain("first run: 1\n");
    expect(err).toContain("second run: 0");
    expect(urlsOf(out)).toEqual(site.urls);
    const records = await readArchive(join(out, "archive"));
    const index = readIndex(join(out, "archive"), records);
    const urls = index.map(({ about }) => about["url"]!);
    const pages = urls.filter((url) => !url.endsWith("/robots.txt"));
    expect(new Set(pages).size).toBe(pages.length);
    expect(pages).toEqual(expect.arrayContaining([...site.pages]));
  });
});
