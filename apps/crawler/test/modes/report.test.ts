import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, it } from "vitest";
import type { ReportData } from "../../src/report/report-data.js";
import { command } from "../command.js";
import { temporaryFolder } from "../folder.js";
import { serve, site } from "../server.js";

function dataOf(file: string): ReportData {
  const [, data = ""] = /id="data">([^<]*)</.exec(readFileSync(file, "utf8"))!;
  return JSON.parse(gunzipSync(Buffer.from(data, "base64")).toString()) as ReportData;
}

it("writes a report of the crawl, and again of its job without asking anybody", async () => {
  const folder = temporaryFolder();
  const { origin, requests } = await serve(
    site({ "/": "<title>Home</title><a href=/a><a href=/gone>", "/a": "<a href=/#none>" }),
  );
  const run = (...args: string[]) => command(["report", ...args], () => {}, folder);
  const { code, err } = await run(origin, "--job", "job", "--quiet");
  expect([code, err]).toEqual([0, "The report is job/report.html.\n"]);
  const data = dataOf(join(folder, "job/report.html"));
  expect(data).toMatchObject({
    seeds: [`${origin}/`],
    partial: null,
    figures: { urls: 3 },
    pages: { title: ["Home", null, null], linked: [1, 1, 1] },
    counts: { "broken-link": 1, "missing-fragment": 1 },
  });
  const before = requests.length;
  await run("--job", "job", "--to", "elsewhere.html", "--quiet");
  expect(dataOf(join(folder, "elsewhere.html")).pages).toEqual(data.pages);
  expect(requests).toHaveLength(before);
});

it("leaves the report where the user is, when the crawl is not kept", async () => {
  const folder = temporaryFolder();
  const { origin } = await serve(site({ "/": "" }));
  const args = ["report", origin, "--no-job", "--quiet"];
  const { code } = await command(args, () => {}, folder);
  expect(code).toBe(0);
  expect(existsSync(join(folder, "report.html"))).toBe(true);
});

it("can be made of a crawl that has not written its links: by where URLs were found", async () => {
  const folder = temporaryFolder();
  const { origin } = await serve(
    site({ "/": "<a href=/a><a href=/gone>", "/a": "<a href=/gone>" }),
  );
  const run = (...args: string[]) => command([...args, "--quiet"], () => {}, folder);
  await run(origin, "--job", "job");
  const { code, err } = await run("report", "--job", "job");
  expect(code).toBe(0);
  expect(err).toContain("This crawl has not written its links");
  const { findings, pages } = dataOf(join(folder, "job/report.html"));
  expect(findings).toMatchObject([{ target: `${origin}/gone`, places: [`${origin}/`] }]);
  expect(pages.linked).toEqual([0, 1, 1]);
  await run("report", origin, "--job", "job", "--fresh");
  const anew = dataOf(join(folder, "job/report.html"));
  expect(anew.findings).toMatchObject([{ count: 2 }]);
});
