// same-pages.mjs <expected.txt> <pages.jsonl>: the crawl found exactly these HTML pages.
import { readFileSync } from "node:fs";

const [expectedFile, crawledFile] = process.argv.slice(2);
const lines = (file) => readFileSync(file, "utf8").split("\n").filter(Boolean);
const expected = new Set(lines(expectedFile));
const crawled = new Set(
  lines(crawledFile)
    .map((line) => JSON.parse(line))
    .filter((page) => page.status === 200 && String(page.contentType).startsWith("text/html"))
    .map(
      (page) =>
        decodeURIComponent(new URL(page.finalUrl ?? page.url).pathname.slice(1)) || "index.html",
    )
    .map((path) => (path.endsWith("/") ? `${path}index.html` : path)),
);
const missing = [...expected].filter((page) => !crawled.has(page));
const extra = [...crawled].filter((page) => !expected.has(page));
console.log(`${expected.size} pages expected, ${crawled.size} crawled`);
if (missing.length > 0) console.log(`missing: ${missing.slice(0, 10).join(" ")}`);
if (extra.length > 0) console.log(`too many: ${extra.slice(0, 10).join(" ")}`);
process.exit(expected.size > 100 && missing.length === 0 && extra.length === 0 ? 0 : 1);
