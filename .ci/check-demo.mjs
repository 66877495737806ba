// check-demo.mjs <summary.json> <pages.jsonl>: the demo crawl found what the demo site declares.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Plan } from "../apps/crawler/dist/demo-site/plan.js";

const [summaryFile, pagesFile] = process.argv.slice(2);
const summary = JSON.parse(readFileSync(summaryFile, "utf8"));
const records = readFileSync(pagesFile, "utf8")
  .trimEnd()
  .split("\n")
  .map((line) => JSON.parse(line));
const { expected, hosts } = new Plan({ port: Number(new URL(records[0].url).port) });

const ok = records.filter(({ status, error }) => status >= 200 && status < 300 && error === null);
const found = new Set(ok.map(({ finalUrl }) => finalUrl));
assert.deepEqual([...found].toSorted(), [...expected.pages].toSorted());
assert.deepEqual(summary.skipped, expected.skipped);
assert.deepEqual(summary.errors, expected.errorCounts);
assert.equal(summary.retries, expected.retryCount);
assert.ok(found.size >= 2000 && hosts.length >= 20);
console.log(`demo crawl: ${found.size} pages of ${summary.hosts} hosts, as declared`);
