import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { wait } from "greenlit";
import { escapeXml } from "../sitemap.js";
import type { ReportData } from "./report-data.js";
import { linkModules } from "./scripts.js";

const FOLDER = new URL("../../", import.meta.url);

/**
 * The report as one HTML file that asks nobody for anything. What comes from the site is in it as
 * base64 of compressed JSON, which cannot end the element it is in, and the page shows it as text;
 * scripts but its own are forbidden. Blocks until it is compressed.
 */
export function formatReport(data: ReportData): string {
  const style = read("src/web/theme.css") + read("src/report/page/report.css");
  const script = linkModules(new URL("dist/report/page/main.js", FOLDER));
  const policy = `default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'`;
  const packed = wait(promisify(gzip)(JSON.stringify(data)));
  const [seed = ""] = data.seeds;
  const host = URL.canParse(seed) ? new URL(seed).host : seed;
  const parts: Readonly<Record<string, string>> = {
    title: escapeXml(`${host}: crawl report`),
    policy: escapeXml(policy),
    style: `<style>${style}</style>`,
    data: `<script type="text/plain" id="data">${packed.toString("base64")}</script>`,
    script: `<script>${script}</script>`,
  };
  return read("src/report/page/index.html").replace(/<!--(\w+)-->/g, (_, name: string) => {
    return parts[name]!;
  });
}

function read(file: string): string {
  return readFileSync(new URL(file, FOLDER), "utf8");
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
