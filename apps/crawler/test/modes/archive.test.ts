import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readArchive, readIndex } from "../archive/read-archive.js";
import { command } from "../command.js";
import { temporaryFolder } from "../folder.js";
import { serve, site } from "../server.js";

const image = { status: 200, headers: { "content-type": "image/png" }, body: "image" };

async function serveTwo(): Promise<{ origin: string; elsewhere: string }> {
  const css = (body: string) => ({ status: 200, headers: { "content-type": "text/css" }, body });
  const other = await serve(
    site({
      "/there.png": image,
      "/there.css": css("@font-face { src: url(font.woff2) }"),
      "/font.woff2": image,
      "/page": "<a href=/more>",
    }),
  );
  const { origin } = await serve(
    site({
      "/": `<img src=/a.png><script src=/a.js></script><img src=${other.origin}/there.png>
        <link rel=stylesheet href=${other.origin}/there.css><link rel=stylesheet href=/a.css>
        <a href=${other.origin}/page>`,
      "/a.css": css("@import 'b.css'; p { background: url(c.png) }"),
      "/b.css": css("p { background: url(c.png) }"),
      "/c.png": image,
      "/a.png": image,
      "/a.js": { status: 200, headers: { "content-type": "text/javascript" }, body: "1" },
    }),
  );
  return { origin, elsewhere: other.origin };
}

async function urlsOf(folder: string): Promise<string[]> {
  const records = await readArchive(folder);
  return readIndex(folder, records).map(({ about }) => about["url"]!);
}

it("keeps pages with what they consist of, from wherever that comes", async () => {
  const { origin, elsewhere } = await serveTwo();
  const cwd = temporaryFolder();
  const args = ["archive", origin, "--allow-private", "--job", "j", "--quiet"];
  const { code, err } = await command(args, undefined, cwd);
  expect(err).toBe("The archive is in j/archive.\n");
  expect(code).toBe(0);
  expect((await urlsOf(join(cwd, "j/archive"))).sort()).toEqual(
    [
      ...["/", "/a.css", "/a.js", "/a.png", "/b.css", "/c.png", "/robots.txt"].map(
        (path) => origin + path,
      ),
      ...["/font.woff2", "/robots.txt", "/there.css", "/there.png"].map((path) => elsewhere + path),
    ].sort(),
  );
});

it("keeps pages alone when asked to, and where it is told", async () => {
  const { origin } = await serveTwo();
  const cwd = temporaryFolder();
  const flags = ["--no-job", "--requisites", "none", "--warc", "w", "--warc-size", "1kB"];
  expect((await command(["archive", origin, ...flags], undefined, cwd)).code).toBe(0);
  expect((await urlsOf(join(cwd, "w"))).sort()).toEqual([`${origin}/`, `${origin}/robots.txt`]);
  expect(readdirSync(cwd)).toEqual(["w"]);
  const again = await command(["archive", origin, ...flags], undefined, cwd);
  expect(again.err).toContain("captures.jsonl is there already, and not of this crawl");
  const nowhere = await command(["archive", origin, "--no-job"], undefined, cwd);
  expect(nowhere).toMatchObject({ code: 1 });
  expect(nowhere.err).toContain("without a job, the archive needs a folder: --warc <folder>");
});
