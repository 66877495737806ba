import { existsSync } from "node:fs";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

/** Where systems have it. CI installs it; elsewhere it may be missing. */
const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => `/usr/bin/${name}`)
  .find((path) => existsSync(path));
const IN_CI = Boolean(process.env["CI"] ?? process.env["GREENLIT_CI"]);

/** Whether there is no browser where there need not be one; that is said once. */
export const noBrowser: boolean = CHROMIUM === undefined && !IN_CI;
if (noBrowser) it.skip("in a browser: there is no /usr/bin/chromium (apt-get install chromium)");

/** Starts a browser before the tests of a `describe`, and ends it behind them. */
export function useBrowser(): { readonly open: Open } {
  let browser: Browser;
  beforeAll(async () => {
    expect(CHROMIUM, "CI must have a browser: apt-get install chromium").not.toBe(undefined);
    const args = ["--no-sandbox", "--js-flags=--expose-gc"];
    browser = await chromium.launch({ executablePath: CHROMIUM!, args });
  });
  afterAll(() => browser?.close());
  return {
    open: async (url, look, { tolerates, ...options } = {}) => {
      const context = await browser.newContext({ reducedMotion: "reduce", ...options });
      try {
        const page = await context.newPage();
        page.setDefaultTimeout(30_000);
        const failures: string[] = [];
        page.on("console", (message) => {
          const isBad = ["error", "warning"].includes(message.type());
          if (isBad && tolerates?.test(message.text()) !== true) failures.push(message.text());
        });
        page.on("pageerror", (error) => failures.push(error.message));
        await page.goto(url);
        await look(page);
        expect(failures).toEqual([]);
      } finally {
        await context.close();
      }
    },
  };
}

/**
 * Opens a page, lets `look` look at it, and has nothing fail on the way, unless that is what the
 * browser is expected to say.
 */
type Open = (
  url: string,
  look: (page: Page) => Promise<void>,
  options?: BrowserContextOptions & { readonly tolerates?: RegExp },
) => Promise<void>;
