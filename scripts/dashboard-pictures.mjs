// Takes the pictures of the dashboard for the crawler's README, after a build:
// node scripts/dashboard-pictures.mjs. pngquant (apt-get install pngquant) makes them small. They
// show a crawl of the demo site, 15 times as slow as it is otherwise.
import { execFileSync, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const path = (/** @type {string} */ name) =>
  fileURLToPath(new URL(`../apps/crawler/${name}`, import.meta.url));
const picture = (/** @type {string} */ name) => path(`docs/dashboard-${name}.png`);
const NAMES = ["light", "dark", "hosts", "graph", "greenlet"];

const site = fork(path("dist/demo-site/main.js"), ["100", "15"]);
const [{ seed }] = await once(site, "message");
const flags = "--scope any --allow-private --no-job --per-host 3 --quiet --dashboard".split(" ");
const crawl = spawn(process.execPath, [path("dist/main.js"), seed, ...flags]);
const browser = await chromium.launch({
  executablePath: "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
try {
  const [said] = await once(crawl.stderr, "data");
  const viewport = { width: 1280, height: 1030 };
  const page = await browser.newPage({ viewport, reducedMotion: "reduce", colorScheme: "light" });
  await page.goto(/http:\S+/.exec(String(said))?.[0] ?? "");
  await page.waitForTimeout(9_000);
  await page.screenshot({ path: picture("light") });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ path: picture("dark") });
  const panels = page.locator(".panels");
  await page.keyboard.press("2");
  await page.getByRole("button", { name: "Delay" }).click();
  await page.waitForTimeout(1_200);
  await panels.screenshot({ path: picture("hosts") });
  await page.keyboard.press("5");
  await page.waitForTimeout(1_200);
  await panels.screenshot({ path: picture("graph") });
  await page.keyboard.press("1");
  await page.waitForTimeout(1_200);
  await page.locator("#panel-greenlets tbody button").first().click();
  await page.locator("#stack-frames li").first().waitFor();
  await page.locator("#stack-dialog").screenshot({ path: picture("greenlet") });
} finally {
  await browser.close();
  crawl.kill();
  site.kill();
}
const pictures = NAMES.map(picture);
execFileSync("pngquant", ["--force", "--quality", "60-90", "--ext", ".png", ...pictures]);
