import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { collectReport } from "../../src/report/collect.js";
import { formatReport } from "../../src/report/html.js";
import { reportOf } from "../check/report.js";
import { record } from "../record.js";

const HOSTILE = '</script><!--<script>alert(1)</script>--><img src=x onerror=alert(1)>"\u2028';

function report(): Promise<string> {
  const pages = [record({ url: `http://a/?${HOSTILE}`, title: HOSTILE })];
  const check = reportOf(
    [{ kind: "broken-link", target: HOSTILE, detail: HOSTILE, pages: [HOSTILE] }],
    { seeds: [HOSTILE], partial: HOSTILE },
  );
  return run(() =>
    formatReport(collectReport({ pages: () => pages, links: () => [], check, made: new Date() })),
  );
}

it("has nothing of the site as HTML, and all of it as data", async () => {
  const html = await report();
  expect(html).not.toContain("<img");
  expect(html).not.toContain("alert(1)</script>");
  expect(html.match(/<script/g)).toHaveLength(2);
  const [, data = ""] = /<script type="text\/plain" id="data">([^<]*)<\/script>/.exec(html)!;
  const parsed = JSON.parse(gunzipSync(Buffer.from(data, "base64")).toString()) as {
    pages: { title: string[] };
  };
  expect(parsed.pages.title).toEqual([HOSTILE]);
});

it("allows its own script and style, and nothing else", async () => {
  const html = await report();
  const [, policy] = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(html)!;
  const hash = (element: string): string => {
    const [, text = ""] = new RegExp(`<${element}>(.*?)</${element}>`, "s").exec(html)!;
    return `sha256-${createHash("sha256").update(text).digest("base64")}`;
  };
  expect(policy!.replaceAll("&apos;", "'")).toBe(
    `default-src 'none'; style-src '${hash("style")}'; script-src '${hash("script")}'`,
  );
  const markup = html.replace(/<script>.*?<\/script>/s, "");
  expect(markup).not.toMatch(/<(?:link|iframe|object)\b|<[^>]*\bsrc=|url\(|@import/);
});
