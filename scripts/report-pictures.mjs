// Takes the pictures of a report for the crawler's README: node scripts/report-pictures.mjs <url>.
// pngquant (apt-get install pngquant) makes them small. Those that are there show Python's
// documentation, as Debian's python3.11-doc has it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const [url = ""] = process.argv.slice(2);
const path = (/** @type {string} */ name) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "greenlit-pictures-"));
const report = join(folder, "report.html");
const args = ["report", url, "--no-job", "--per-host", "8", "--to", report];
execFileSync(process.execPath, [path("apps/crawler/dist/main.js"), ...args], { stdio: "inherit" });

const overview = path("apps/crawler/docs/report.png");
const graph = path("apps/crawler/docs/report-graph.png");
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const viewport = { width: 1180, height: 860 };
  const page = await browser.newPage({ viewport, reducedMotion: "reduce", colorScheme: "light" });
  await page.goto(pathToFileURL(report).href);
  await page.waitForSelector("html[data-ready]");
  await page.screenshot({ path: overview });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 1180, height: 1100 });
  // The largest part of the site, and what it is linked with.
  const sizes = await page.locator(".parts li .number").allTextContents();
  const counts = sizes.map((text) => Number(text.replaceAll(",", "")));
  await page
    .locator(".parts li button")
    .nth(counts.indexOf(Math.max(...counts)))
    .click();
  await page.mouse.move(0, 0);
  await page.locator("#graph-view").screenshot({ path: graph });
} finally {
  await browser.close();
  rmSync(folder, { recursive: true });
}
execFileSync("pngquant", ["--force", "--quality", "60-90", "--ext", ".png", overview, graph]);
