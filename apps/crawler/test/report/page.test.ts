/// <reference lib="dom" />
// The report in a browser, opened from the disk as people open it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "greenlit";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import type { LinksRecord, PageRecord } from "../../src/output.js";
import { collectReport } from "../../src/report/collect.js";
import { formatReport } from "../../src/report/html.js";
import { noBrowser, useBrowser } from "../browser.js";
import { reportOf } from "../check/report.js";
import { temporaryFolder } from "../folder.js";
import { record } from "../record.js";

const SITE = "https://site.example";

/** A site of so many pages: the first 20 in folders of their own, each tenth is gone. */
const pagesOf = (count: number): PageRecord[] =>
  Array.from({ length: count }, (_, i) => {
    const url = i === 0 ? `${SITE}/` : `${SITE}/folder-${i % 20}/page-${i}`;
    return record({
      url,
      finalUrl: url,
      status: i % 10 === 9 ? 404 : 200,
      title: i % 10 === 9 ? null : `Title ${i}`,
      bytes: 1_000 + i,
      ms: 1 + (i % 1_500),
      depth: Math.min(i, 3),
      referrer: i === 0 ? null : `${SITE}/`,
      links: 5,
    });
  });

const linksOf = (pages: PageRecord[]): LinksRecord[] =>
  pages.slice(0, 500).map(({ finalUrl }, i) => ({
    page: finalUrl,
    references: [1, 2, 3].map((k) => {
      const { url } = pages[(i * 7 + k) % pages.length]!;
      return { kind: "link" as const, href: url, line: k };
    }),
    anchors: [],
  }));

interface Site {
  readonly pages?: PageRecord[];
  readonly check?: ReturnType<typeof reportOf>;
}

/** Writes a report. @returns the address of its file */
async function write({ pages = pagesOf(100), check = reportOf([]) }: Site = {}): Promise<string> {
  const source = { pages: () => pages, links: () => linksOf(pages), check, made: new Date() };
  const html = await run(() => formatReport(collectReport(source)));
  const file = join(temporaryFolder(), "report.html");
  writeFileSync(file, html);
  return pathToFileURL(file).href;
}

const ready = async (page: Page): Promise<void> => {
  await page.waitForFunction(() => "ready" in document.documentElement.dataset);
};
const rows = (page: Page) => page.locator("#page-table tbody tr:not(.space)");
const firstAddress = (page: Page) => rows(page).first().locator("td.url").textContent();
const focused = (page: Page) => page.evaluate(() => document.activeElement?.textContent ?? "");

describe.skipIf(noBrowser)("the report in a browser", () => {
  const browser = useBrowser();

  it("tells what the crawl found", async () => {
    const gone = { kind: "broken-link", target: `${SITE}/gone`, detail: "404 Not Found" } as const;
    const check = reportOf([{ ...gone, pages: [`${SITE}/a`, `${SITE}/b`] }], {
      unchecked: { robots: 12 },
      partial: "the crawl was interrupted",
    });
    await browser.open(await write({ check }), async (page) => {
      await ready(page);
      expect(await page.title()).toBe("site.example: crawl report");
      expect(await page.locator("#partial").textContent()).toContain("the crawl was interrupted");
      const tiles = page.locator("#tiles");
      for (const words of ["URLs100", "Answered 2xx90.0 %", "Broken targets1"])
        expect(await tiles.textContent()).toContain(words);
      expect(await page.locator("#statuses").textContent()).toContain("20090");
      expect(await page.locator("#skipped").textContent()).toContain("robots12");
      const finding = page.locator("#finding-list > li");
      expect(await finding.count()).toBe(1);
      await finding.locator("summary").click();
      const place = finding.locator("a").first();
      expect(await place.textContent()).toBe(`${SITE}/a:7`);
      expect(await place.getAttribute("href")).toBe(`${SITE}/a`);
    });
  });

  it("shows findings in pieces, and of one kind", async () => {
    const check = reportOf(
      Array.from({ length: 120 }, (_, i) => ({
        kind: i < 100 ? ("broken-link" as const) : ("redirect" as const),
        target: `${SITE}/${i}`,
        detail: "",
        pages: [SITE],
      })),
    );
    await browser.open(await write({ check }), async (page) => {
      await ready(page);
      const findings = page.locator("#finding-list > li");
      expect(await findings.count()).toBe(50);
      await page.getByRole("button", { name: "Show 50 more" }).click();
      await page.getByRole("button", { name: "Show 20 more" }).click();
      expect(await findings.count()).toBe(120);
      await page.locator("#finding-kind").selectOption("redirect");
      expect(await findings.count()).toBe(20);
    });
  });

  it("sorts, searches and filters pages, and tells all of one", async () => {
    await browser.open(await write(), async (page) => {
      await ready(page);
      await page.getByRole("button", { name: "Size" }).click();
      expect(await firstAddress(page)).toBe(`${SITE}/folder-19/page-99`);
      expect(await page.locator("th", { hasText: "Size" }).getAttribute("aria-sort")).toBe(
        "descending",
      );
      await page.getByRole("button", { name: "Size" }).click();
      expect(await firstAddress(page)).toBe(`${SITE}/`);
      await page.locator("#page-search").fill("title 42");
      expect(await rows(page).count()).toBe(1);
      expect(await page.locator("#page-count").textContent()).toBe("1 of 100 URLs");
      await page.locator("#page-search").fill("");
      await page.locator("#page-filter").selectOption("broken");
      expect(await page.locator("#page-count").textContent()).toBe("10 of 100 URLs");
      await rows(page).first().getByRole("button").click();
      const dialog = page.locator("dialog");
      expect(await dialog.locator("dl").textContent()).toContain("Status404");
      expect(await dialog.locator("dl").textContent()).toContain(`Found on${SITE}/`);
      await page.keyboard.press("Escape");
      expect(await dialog.isVisible()).toBe(false);
    });
  });

  it("opens a crawl of 100,000 pages, of which it draws those that are seen", async () => {
    const url = await write({ pages: pagesOf(100_000) });
    await browser.open(url, async (page) => {
      await ready(page);
      expect(await page.locator("#page-count").textContent()).toBe("100,000 of 100,000 URLs");
      expect(await rows(page).count()).toBeLessThan(80);
      await page.locator(".scroller").evaluate((it) => it.scrollTo(0, it.scrollHeight));
      await expect
        .poll(() => rows(page).last().locator("td.url").textContent())
        .toBe(`${SITE}/folder-19/page-99999`);
      expect(await rows(page).last().getAttribute("aria-rowindex")).toBe("100001");
      expect(await rows(page).count()).toBeLessThan(80);
      await page.getByRole("button", { name: "Time" }).click();
      expect(await rows(page).first().textContent()).toContain("1.50 s");
      await page.locator("#page-search").fill("page-77777");
      expect(await rows(page).count()).toBe(1);
    });
  });

  it("shows the parts of the site, and how they are linked", async () => {
    await browser.open(await write({ pages: pagesOf(1_000) }), async (page) => {
      await ready(page);
      const part = page.getByRole("button", { name: "/folder-7/", exact: true });
      await part.click();
      expect(await part.getAttribute("aria-pressed")).toBe("true");
      const about = page.locator(".parts .about");
      expect(await about.textContent()).toMatch(/^\/folder-7\/: \d+ URLs, \d+ broken\. \d+ links/);
      expect(await page.locator(".edges path.out, .edges path.in").count()).toBeGreaterThan(0);
      const viewBox = () => page.locator(".picture svg").getAttribute("viewBox");
      const whole = await viewBox();
      await page.locator(".picture svg").focus();
      await page.keyboard.press("+");
      await page.keyboard.press("ArrowRight");
      expect(await viewBox()).not.toBe(whole);
      await page.keyboard.press("0");
      expect(await viewBox()).toBe(whole);
      await page.getByRole("button", { name: "Show its pages" }).click();
      const count = await page.locator("#page-count").textContent();
      expect(count).toMatch(/^\d+ of 1,000 URLs$/);
      expect(await firstAddress(page)).toContain("/folder-7/");
    });
  });

  it("is worked by keys alone", async () => {
    await browser.open(await write(), async (page) => {
      await ready(page);
      await page.keyboard.press("Tab");
      expect(await focused(page)).toBe("Skip to the report");
      await page.keyboard.press("Enter");
      await page.locator("#page-table .sort").first().focus();
      for (let i = 0; i < 8; i++) await page.keyboard.press("Tab");
      expect(await focused(page)).toBe(`${SITE}/`);
      await page.keyboard.press("Enter");
      expect(await page.locator("dialog").isVisible()).toBe(true);
      await page.keyboard.press("Escape");
      expect(await focused(page)).toBe(`${SITE}/`);
    });
  });

  it("takes what sites say for text", async () => {
    const hostile =
      '<img src=x onerror="window.hacked=1"></script><script>window.hacked=1</script>';
    const pages = [
      record({ url: `javascript:window.hacked=1//${hostile}`, title: hostile }),
      ...pagesOf(5),
    ];
    const check = reportOf([
      { kind: "invalid-url", target: hostile, detail: hostile, pages: ["javascript:hacked=1"] },
    ]);
    await browser.open(await write({ pages, check }), async (page) => {
      await ready(page);
      await page.locator("summary").click();
      await rows(page).first().getByRole("button").click();
      expect(await page.locator("dialog h2").textContent()).toBe(hostile);
      expect(await page.locator("img, a[href^=javascript]").count()).toBe(0);
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
    });
  });

  it("asks nobody for anything", async () => {
    await browser.open(await write(), async (page) => {
      await ready(page);
      const requests: string[] = [];
      page.on("request", (request) => requests.push(request.url()));
      await page.reload();
      await ready(page);
      expect(requests).toEqual([page.url()]);
    });
  });

  it.each(["light", "dark"] as const)("is %s as the system is, or as one likes", async (scheme) => {
    const url = await write();
    await browser.open(
      url,
      async (page) => {
        await ready(page);
        const brightness = (): Promise<number> =>
          page.evaluate(() => {
            const { backgroundColor } = getComputedStyle(document.body);
            return Math.max(...backgroundColor.match(/\d+/g)!.map(Number));
          });
        const isDark = async (): Promise<boolean> => (await brightness()) < 100;
        expect(await isDark()).toBe(scheme === "dark");
        const button = page.locator("#theme");
        await button.click();
        expect(await isDark()).toBe(false);
        await button.click();
        expect(await isDark()).toBe(true);
        await button.click();
        expect(await isDark()).toBe(scheme === "dark");
      },
      { colorScheme: scheme },
    );
  });

  it("is no wider than a phone", async () => {
    const url = await write();
    await browser.open(
      url,
      async (page) => {
        await ready(page);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(360);
      },
      { viewport: { width: 360, height: 740 } },
    );
  });

  it("says that there was nothing", async () => {
    await browser.open(await write({ pages: [] }), async (page) => {
      await ready(page);
      expect(await page.locator("#finding-empty").textContent()).toBe(
        "Nothing is wrong with the links.",
      );
      expect(await page.locator(".parts .about").textContent()).toBe("No page has ended.");
    });
  });
});
