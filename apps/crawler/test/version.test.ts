// The crawler says which version it is: the one that its package.json has, whichever that is.
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { once } from "node:events";
import { crawl } from "../src/crawler.js";
import { run } from "greenlit";
import { afterAll, expect, it } from "vitest";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
// Below this package, so that what it imports is found.
const folder = mkdtempSync(here("version-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("is that of the package, in --version and in the User-Agent", () => {
  cpSync(here("../dist"), join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "version": "3.2.1-rc.4" }');
  const main = (flag: string): string =>
    spawnSync(process.execPath, [join(folder, "dist/main.js"), flag], { encoding: "utf8" }).stdout;
  expect(main("--version")).toBe("3.2.1-rc.4\n");
  expect(main("--help").replaceAll(/\s+/g, " ")).toContain("greenlit-crawler/3.2.1-rc.4 (+https");
});

it("is what a server is told", async () => {
  const told: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    told.push(request.headers["user-agent"]);
    response.end("<title>a page</title>");
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await run(() => crawl({ seeds: [`http://127.0.0.1:${port}/`] }));
  server.close();
  const { version } = JSON.parse(readFileSync(here("../package.json"), "utf8")) as {
    version: string;
  };
  expect(told.length).toBeGreaterThan(0);
  for (const agent of told) expect(agent).toMatch(new RegExp(`^greenlit-crawler/${version} `));
});
