/// <reference lib="dom" />
// The page in a browser, as people use it.
import type { ServerResponse } from "node:http";
import { sleep } from "greenlit";
import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { noBrowser, useBrowser } from "../browser.js";
import { manyPages, watch, type WatchedCrawl } from "./watched-crawl.js";

describe.skipIf(noBrowser)("the dashboard in a browser", () => {
  const browser = useBrowser();

  const state = (page: Page) => page.locator("#state-word");
  const tab = (page: Page, name: string) => page.getByRole("tab", { name });
  const focused = async (page: Page): Promise<string> =>
    (await page.locator(":focus-visible").textContent())!.trim();
  const rows = (page: Page, panel: string) =>
    page.locator(`#panel-${panel} tbody tr:not([hidden])`);
  const crawling = (page: Page) => expect.poll(() => state(page).textContent()).toBe("Crawling");
  /** A crawl that lasts. */
  const longCrawl = (ms = 20): Promise<WatchedCrawl> =>
    watch({ site: manyPages(20_000, ms), crawl: { perHost: 4 }, interval: 100 });

  it("shows the crawl, and every panel has what it should", async () => {
    const crawl = await longCrawl(100);
    await browser.open(crawl.dashboard.url, async (page) => {
      await crawling(page);
      expect(page.url()).toBe(`${crawl.origin}/`); // the token is not where people see it
      expect(await page.locator("#seeds").textContent()).toBe(crawl.site);
      const pages = async (): Promise<number> =>
        Number((await page.locator("#pages").textContent())!.replaceAll(",", ""));
      await expect.poll(pages).toBeGreaterThan(8);
      await expect.poll(() => page.title()).toMatch(/^\d+ pages, [\d.]+\/s – greenlit crawl$/);
      expect(await page.locator("#in-flight-more").textContent()).toMatch(/^of 100, at most \d/);
      expect(await page.locator("#rate-now").textContent()).toMatch(/^[\d.]+ \/s$/);
      expect(await page.locator("#p50-now").textContent()).toMatch(/^(?:\d{3} ms|[\d.]+ s)$/);
      const phases = page.locator("#phases li", { hasText: "waiting for the answer" });
      await expect.poll(() => phases.textContent()).toMatch(/answer[1-4]$/);
      await expect.poll(() => page.locator("#answers").textContent()).toMatch(/2xx\d+.*4xx2/s);
      await expect.poll(() => page.locator("#frontier").textContent()).toContain("20,00");

      expect(await tab(page, "Greenlets").getAttribute("aria-selected")).toBe("true");
      await expect
        .poll(() => rows(page, "greenlets").first().textContent())
        .toMatch(/^http:\/\/127.*headers.*http\.request.*client\.ts:\d+$/);

      await tab(page, "Hosts").click();
      await expect
        .poll(() => rows(page, "hosts").first().textContent())
        .toContain("4 at a time (--per-host)");

      await tab(page, "Failures").click();
      await expect.poll(() => rows(page, "failures").count()).toBe(2);
      const failure = await rows(page, "failures").first().textContent();
      expect(failure).toContain(`${crawl.site}/bad/`);
      expect(failure).toContain(`404–${crawl.site}/1`); // message, found on, attempts

      await tab(page, "Skipped").click();
      await expect.poll(() => rows(page, "skips").count()).toBe(2);
      expect(await page.locator("#panel-skips").textContent()).toContain("mailto:x@y");

      await tab(page, "Site graph").click();
      const node = page.locator("#panel-graph li", { hasText: new URL(crawl.site).host }).first();
      await expect.poll(() => node.isVisible()).toBe(true);
      await page.getByLabel("Sections").check();
      await expect.poll(() => page.locator("#panel-graph li:not([hidden])").count()).toBe(3);
      await page.locator("#panel-graph li button").first().click();
      expect(await page.locator(".about").textContent()).toMatch(/\/p: [\d,]+ pages; /);
      expect(await page.locator(".edges line.marked").count()).toBeGreaterThan(0);
    });
  });

  it("opens a greenlet's stack, down to the line it is blocked at", async () => {
    const handler = (): void => heldUpHere();
    const crawl = await watch({ site: manyPages(5, 0), handler, interval: 100 });
    await browser.open(crawl.dashboard.url, async (page) => {
      await page.locator("#panel-greenlets tbody button").first().click();
      const dialog = page.locator("#stack-dialog");
      await expect.poll(() => dialog.locator("li").count()).toBeGreaterThan(3);
      expect(await dialog.locator("#stack-url").textContent()).toBe(`${crawl.site}/`);
      expect(await dialog.locator(".facts").textContent()).toMatch(/Phasehandling.*insleep/);
      const blocked = dialog.locator("li[aria-current]");
      expect(await blocked.count()).toBe(1);
      expect(await blocked.textContent()).toMatch(/^heldUpHere.*page\.test\.ts:\d+:\d+$/);
      await page.keyboard.press("Escape");
      await expect.poll(() => dialog.isVisible()).toBe(false);
    });
  });

  it("pauses and goes on, changes limits, and stops, by the mouse", async () => {
    const crawl = await longCrawl();
    const { frontier } = crawl.crawler;
    await browser.open(crawl.dashboard.url, async (page) => {
      await page.getByRole("button", { name: "Pause" }).click();
      await expect.poll(() => state(page).textContent()).toBe("Paused");
      await expect.poll(() => page.locator("#said").textContent()).toBe("The crawl is paused");
      expect(frontier.paused).toBe(true);
      await page.getByRole("button", { name: "Go on" }).click();
      await crawling(page);
      await page.getByRole("button", { name: "More pages in flight" }).click();
      await expect.poll(() => frontier.concurrency).toBe(110);
      await page.getByRole("button", { name: "Fewer pages of one host" }).click();
      await expect.poll(() => frontier.perHost).toBe(3);
      await page.getByLabel("In flight", { exact: true }).fill("42");
      await page.getByLabel("In flight", { exact: true }).press("Enter");
      await expect.poll(() => frontier.concurrency).toBe(42);
      await page.getByRole("button", { name: "Stop" }).click();
      await page.getByRole("button", { name: "Go on" }).click();
      expect(frontier.closed).toBe(false);
      await page.getByRole("button", { name: "Stop" }).click();
      await page.locator("#stop-really").click();
      await expect.poll(() => state(page).textContent()).toBe("Stopped");
      expect(await page.locator("#pause").isDisabled()).toBe(true);
    });
    expect(await crawl.ended).toMatchObject({ interrupted: true });
  });

  it("is worked by keys alone", async () => {
    const crawl = await longCrawl();
    const { frontier } = crawl.crawler;
    await browser.open(crawl.dashboard.url, async (page) => {
      await crawling(page);
      await page.keyboard.press("Tab");
      expect(await focused(page)).toBe("Skip to the tables");
      await page.keyboard.press("Enter");
      expect(await focused(page)).toBe("Greenlets");
      await page.keyboard.press("ArrowRight");
      expect(await focused(page)).toBe("Hosts");
      await expect.poll(() => rows(page, "hosts").count()).toBe(1);
      await page.keyboard.press("End");
      expect(await focused(page)).toBe("Site graph");
      await page.keyboard.press("p");
      await expect.poll(() => frontier.paused).toBe(true);
      await expect.poll(() => state(page).textContent()).toBe("Paused");
      await page.keyboard.press("p");
      await expect.poll(() => frontier.paused).toBe(false);
      await page.keyboard.press("+");
      await expect.poll(() => frontier.concurrency).toBe(110);
      await page.keyboard.press("[");
      await expect.poll(() => frontier.perHost).toBe(3);
      await page.keyboard.press("/");
      await page.keyboard.type("p/1p"); // letters are no shortcuts here
      expect(await page.locator("#filter").inputValue()).toBe("p/1p");
      expect(frontier.paused).toBe(false);
      await page.keyboard.press("Tab");
      await page.keyboard.press("?");
      expect(await page.locator("#help-dialog").isVisible()).toBe(true);
      await page.keyboard.press("Escape");
      await page.keyboard.press("f");
      expect(await page.locator("#freeze").getAttribute("aria-pressed")).toBe("true");
      const { length } = (await page.locator("#pages").textContent())!;
      const frozen = await page.locator("#pages").textContent();
      await page.waitForTimeout(400);
      expect(await page.locator("#pages").textContent()).toBe(frozen);
      expect(length).toBeGreaterThan(0);
      await page.keyboard.press("s");
      await page.locator("#stop-dialog").waitFor();
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      await expect.poll(() => frontier.closed).toBe(true);
    });
  });

  it("filters and sorts", async () => {
    const crawl = await longCrawl(50);
    await browser.open(crawl.dashboard.url, async (page) => {
      await tab(page, "Failures").click();
      await page.getByLabel("Filter the rows").fill("bad/2");
      await expect.poll(() => rows(page, "failures").count()).toBe(1);
      expect(await page.locator("#shown").textContent()).toBe("1 of 1 found in 2");
      await page.getByLabel("Filter the rows").fill("");
      await page.getByRole("button", { name: "URL" }).click();
      const first = rows(page, "failures").first();
      await expect.poll(() => first.textContent()).toContain("/bad/2");
      await page.getByRole("button", { name: "URL" }).click();
      await expect.poll(() => first.textContent()).toContain("/bad/1");
      const header = page.getByRole("columnheader", { name: "URL" });
      expect(await header.getAttribute("aria-sort")).toBe("ascending");
    });
  });

  it("shows the last of it when the crawl has ended and its process is gone", async () => {
    const crawl = await watch({ site: manyPages(30, 30), interval: 100, paused: true });
    await browser.open(crawl.dashboard.url, async (page) => {
      await expect.poll(() => state(page).textContent()).toBe("Paused");
      crawl.crawler.resume();
      await expect.poll(() => state(page).textContent()).toBe("Finished");
      await crawl.ended;
      await expect(fetch(crawl.origin)).rejects.toThrow("fetch failed");
      expect(await page.locator("#pages").textContent()).toBe("33");
      await expect.poll(() => page.locator("#said").textContent()).toContain("33 pages, 0 failed");
      await tab(page, "Failures").click();
      await page.getByLabel("Filter the rows").fill("bad/1");
      expect(await rows(page, "failures").count()).toBe(1);
      await tab(page, "Site graph").click();
      expect(await page.locator("#panel-graph li:not([hidden])").count()).toBe(1);
      expect(await page.locator("#notice").isVisible()).toBe(false);
    });
  });

  it("says that the token is missing, and knows it once it was given", async () => {
    const crawl = await longCrawl();
    const { origin, token } = crawl;
    const look = async (page: Page): Promise<void> => {
      await page.locator("#notice", { hasText: "has no token" }).waitFor();
      expect(await page.locator("#pause").isDisabled()).toBe(true);
      await page.goto(`${origin}/#token=${token}`);
      await page.reload(); // only the fragment was another one
      await crawling(page);
      await page.reload();
      await crawling(page); // this tab still knows it
    };
    await browser.open(origin, look, { tolerates: /401 \(Unauthorized\)/ });
  });

  it("an hour of news makes it no larger, neither its heap nor its document", async () => {
    const crawl = await watch({ site: manyPages(50_000, 50), crawl: { perHost: 4 }, interval: 4 });
    await browser.open(crawl.dashboard.url, async (page) => {
      const devtools = await page.context().newCDPSession(page);
      const measure = async (): Promise<{ heap: number; nodes: number }> => {
        await devtools.send("HeapProfiler.collectGarbage");
        const { usedSize } = await devtools.send("Runtime.getHeapUsage");
        const { nodes } = await devtools.send("Memory.getDOMCounters");
        return { heap: usedSize, nodes };
      };
      // As many seconds as samples, if there were one a second.
      const until = async (seconds: number): Promise<void> => {
        for (let i = 0; crawl.dashboard.samples < seconds; i++) {
          await page.keyboard.press(String((i % 5) + 1));
          await page.waitForTimeout(200);
        }
      };
      await until(1_200);
      const before = await measure();
      await until(3_600);
      const after = await measure();
      expect(after.heap - before.heap).toBeLessThan(1_000_000); // of 1.6 MB
      expect(after.nodes - before.nodes).toBeLessThan(300); // of 1,100
      expect(
        Number((await page.locator("#pages").textContent())!.replace(",", "")),
      ).toBeGreaterThan(100);
    });
  }, 600_000);

  it("asks nobody but its own server, and keeps its policy", async () => {
    const crawl = await longCrawl();
    const asked = new Set<string>();
    await browser.open("about:blank", async (page) => {
      page.on("request", (request) => asked.add(new URL(request.url()).origin));
      await page.goto(crawl.dashboard.url);
      await crawling(page);
      for (const key of "12345") {
        await page.keyboard.press(key);
        await page.waitForTimeout(150);
      }
    });
    expect([...asked]).toEqual([crawl.origin]);
  });

  it("shows what hostile sites say as text", async () => {
    const evil = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
    const path = `/x?${evil.replaceAll('"', "'")}`;
    const crawl = await watch({
      site: ({ url }, response): void => void hostileAnswer(url!, path, evil, response),
      handler: (page) => {
        page.follow();
        if (page.depth > 0) throw new Error(evil);
      },
      interval: 100,
      paused: true,
    });
    await browser.open(crawl.dashboard.url, async (page) => {
      await expect.poll(() => state(page).textContent()).toBe("Paused");
      crawl.crawler.resume();
      await expect.poll(() => state(page).textContent()).toBe("Finished");
      for (const key of "12345") await page.keyboard.press(key);
      await page.keyboard.press("3");
      const text = await page.locator("#panel-failures").textContent();
      expect(text).toContain(evil);
      expect(text).toContain("onerror");
      await page.keyboard.press("4");
      expect(await page.locator("#panel-skips").textContent()).toContain(`javascript:'${evil}`);
      expect(await page.evaluate(() => "hacked" in window)).toBe(false);
      expect(await page.locator("main img, main script").count()).toBe(0);
    });
  });

  it("is light and dark, as the system is or as one chooses, and keeps that", async () => {
    const crawl = await longCrawl();
    const look = async (page: Page): Promise<void> => {
      const brightness = (): Promise<number> =>
        page.evaluate(() => {
          const { backgroundColor } = getComputedStyle(document.body);
          return Math.max(...backgroundColor.match(/\d+/g)!.map(Number));
        });
      expect(await brightness()).toBeLessThan(60);
      await page.keyboard.press("t");
      expect(await brightness()).toBeGreaterThan(200);
      await page.reload();
      expect(await brightness()).toBeGreaterThan(200);
      await page.getByRole("button", { name: "Appearance: Light" }).click();
      expect(await brightness()).toBeLessThan(60);
      await page.emulateMedia({ colorScheme: "light" });
      await page.getByRole("button", { name: "Appearance: Dark" }).click();
      expect(await brightness()).toBeGreaterThan(200);
    };
    await browser.open(crawl.dashboard.url, look, { colorScheme: "dark" });
  });

  it.each([360, 800, 1_400])("nothing moves, and nothing is wider than %i", async (width) => {
    const crawl = await longCrawl(5);
    const viewport = { width, height: 900 };
    const look = async (page: Page): Promise<void> => {
      await page.evaluate(() => {
        const shifts: unknown[] = [];
        Object.assign(window, { shifts });
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) {
            const { value, sources } = entry as never as Shift;
            shifts.push({ value, of: sources.map(({ node }) => node?.id || node?.className) });
          }
        }).observe({ type: "layout-shift", buffered: true });
      });
      await crawling(page);
      for (const key of "123451") {
        await page.keyboard.press(key);
        const active = page.locator(`#panel-${PANELS[Number(key) - 1]}`);
        await active.scrollIntoViewIfNeeded();
        await page.waitForTimeout(700); // moves within half a second of a key do not count
        const wide = await page.evaluate(() => document.documentElement.scrollWidth);
        expect(wide).toBeLessThanOrEqual(width);
      }
      expect(await page.evaluate(() => (window as never as { shifts: unknown }).shifts)).toEqual(
        [],
      );
    };
    await browser.open(crawl.dashboard.url, look, { viewport });
  });
});

const PANELS = ["greenlets", "hosts", "failures", "skips", "graph"];

interface Shift {
  readonly value: number;
  readonly sources: readonly { readonly node: Element | null }[];
}

/** A home page with links that would do harm if they became markup, and pages that would, too. */
function hostileAnswer(url: string, path: string, evil: string, response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/html" });
  const escaped = path.replaceAll("<", "&lt;");
  const script = `<a href="javascript:'${evil.replaceAll('"', "&quot;").replaceAll("<", "&lt;")}'">`;
  response.end(url === "/" ? `<a href="${escaped}">${script}` : `<title>${evil}</title>`);
}

function heldUpHere(): void {
  sleep(60_000); // it is killed when the test ends
}
