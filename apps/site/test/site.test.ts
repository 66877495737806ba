// The site as it is deployed: built, below a path of its own, served as files. The crawler follows
// its links, and a browser looks at it.
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { crawl, type PageRecord } from "@greenlit/crawler";
import { run } from "greenlit";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../src/pages.js";
import { BACKENDS, play } from "../src/waiting.js";
import { serveFolder } from "./serve.js";

const BASE = "/greenlit/";
/** Where systems have it. CI installs it; elsewhere it may be missing. */
const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"]
  .map((name) => `/usr/bin/${name}`)
  .find((path) => existsSync(path));
const IN_CI = Boolean(process.env.CI ?? process.env.GREENLIT_CI);
const folder = mkdtempSync(join(tmpdir(), "greenlit-site-"));
let address = "";
let close = (): void => {};

beforeAll(async () => {
  const args = [`${ROOT}scripts/site.mjs`, "--base", BASE, "--outDir", folder];
  await promisify(execFile)(process.execPath, args);
  ({ address, close } = await serveFolder(folder, BASE));
}, 900_000);

afterAll(() => {
  close();
  rmSync(folder, { recursive: true });
});

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, found = ""]) => found);

describe("the links of the site", () => {
  const records: PageRecord[] = [];
  beforeAll(async () => {
    const output = { write: (record: PageRecord): void => void records.push(record) };
    await run(() => crawl({ seeds: [address], perHost: 16, allowPrivate: true, output }));
  });

  it("lead to pages that are there", () => {
    const broken = records.filter(({ status, error }) => error !== null || status !== 200);
    expect(broken.map(({ url, status, referrer }) => ({ url, status, referrer }))).toEqual([]);
  });

  it("lead to every page", () => {
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".html") && name !== "404.html")
      .map((name) => address + name.replace(/(^|\/)index\.html$/, "$1").replace(/\.html$/, ""));
    expect(records.map(({ url }) => url).toSorted()).toEqual(files.toSorted());
    expect(files.length).toBeGreaterThan(100);
  });

  it("have nothing wrong with them: headings, pictures, style sheets", async () => {
    const main = `${ROOT}apps/crawler/dist/main.js`;
    const args = [main, "check", address, "--no-external", "--per-host", "16", "--quiet", "--json"];
    const { stdout } = await promisify(execFile)(process.execPath, args).catch(
      (error: { stdout: string }) => error, // it ends with 1 when there is anything
    );
    const { links, findings } = JSON.parse(stdout) as { links: number; findings: unknown[] };
    expect(findings).toEqual([]);
    expect(links).toBeGreaterThan(5_000);
  });
});

it("each code of an error has an address, with the fragment that its `docs` has", () => {
  const page = readFileSync(join(folder, "errors.html"), "utf8");
  const codes = matches(readFileSync(`${ROOT}docs/errors.md`, "utf8"), /^## (\w*GREENLIT_\w+)$/gm);
  expect(codes.length).toBeGreaterThan(20);
  for (const code of codes) expect(page).toContain(` id="${code.toLowerCase()}"`);
});

const noBrowser = CHROMIUM === undefined && !IN_CI;
if (noBrowser) it.skip("in a browser: there is no /usr/bin/chromium (apt-get install chromium)");

describe.skipIf(noBrowser)("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    expect(CHROMIUM, "CI must have a browser: apt-get install chromium").not.toBe(undefined);
    browser = await chromium.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  /** Waits until Vue has taken over what was served: before that, clicks and keys do nothing. */
  const isAlive = (page: Page) =>
    page.waitForFunction(() => "__vue_app__" in document.querySelector("#app")!);

  /** Opens a page, lets `look` look at it, and has nothing fail on the way. */
  async function visit(
    path: string,
    look: (page: Page) => Promise<void>,
    options: BrowserContextOptions = {},
  ): Promise<void> {
    const context = await browser.newContext({ reducedMotion: "reduce", ...options });
    try {
      const page = await context.newPage();
      page.setDefaultTimeout(60_000);
      const failures: string[] = [];
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) failures.push(message.text());
      });
      page.on("pageerror", (error) => failures.push(error.message));
      await page.goto(address + path);
      await isAlive(page);
      await look(page);
      expect(failures).toEqual([]);
    } finally {
      await context.close();
    }
  }

  it("the front page shows the README, and leads on", async () => {
    await visit("", async (page) => {
      expect(await page.locator("h1:visible").textContent()).toContain("greenlit");
      expect(await page.locator(".vp-doc").textContent()).toContain("three-files-three-pages.mjs");
      await page.getByRole("link", { name: "See it switch" }).click();
      await page.waitForURL(`${address}switching`);
      await page.locator("h1", { hasText: "How it switches" }).waitFor();
    });
  });

  it.each([
    ["ERR_GREENLIT_LOOP_EXIT", "errors#err_greenlit_loop_exit"],
    ["ERR_GREENLIT_TIMEOUT", "errors#err_greenlit_timeout"],
    ["GREENLIT_FROZEN", "errors#greenlit_frozen"],
    ["BoundedSemaphore", "api/greenlit/classes/BoundedSemaphore#class-boundedsemaphore"],
  ])("the search for %s finds %s first", async (words, path) => {
    await visit("guides", async (page) => {
      await page.keyboard.press("Control+k");
      await page.locator("#localsearch-input").fill(words);
      const results = page.locator("#localsearch-list a");
      await expect.poll(() => results.first().getAttribute("href")).toBe(BASE + path);
    });
  });

  it("the switch of the appearance makes it dark, and keeps it so", async () => {
    await visit(
      "timeouts",
      async (page) => {
        const brightness = (): Promise<number> =>
          page.evaluate(() => {
            const { backgroundColor } = getComputedStyle(document.body);
            return Math.max(...backgroundColor.match(/\d+/g)!.map(Number));
          });
        expect(await brightness()).toBeGreaterThan(200);
        await page.locator(".VPNavBarAppearance button").click();
        await expect.poll(brightness).toBeLessThan(60);
        await page.reload();
        expect(await brightness()).toBeLessThan(60);
      },
      { colorScheme: "light", viewport: { width: 1280, height: 800 } },
    );
  });

  it("a page of the API has signature, parameters, and what it throws", async () => {
    await visit("api/greenlit/functions/withTimeout", async (page) => {
      const text = await page.locator(".vp-doc").textContent();
      expect(text).toContain("function withTimeout<T>(ms: number | null");
      expect(text).toContain("returned when this deadline has passed, and not an outer one");
      expect(await page.locator("h3", { hasText: "Throws" }).count()).toBeGreaterThan(0);
      const source = page.getByRole("link", { name: /^packages\/core\/src\/calls\/with-timeout/ });
      expect(await source.first().getAttribute("href")).toContain("/blob/main/packages/core/src/");
    });
  });

  it.each(["", "guides", "tutorial", "switching", "errors", "benchmarks", "api/", "packages/net"])(
    "the page /%s is no wider than a phone",
    async (path) => {
      await visit(
        path,
        async (page) => {
          const width = await page.evaluate(() => document.documentElement.scrollWidth);
          expect(width).toBeLessThanOrEqual(360);
        },
        { viewport: { width: 360, height: 740 } },
      );
    },
  );

  describe("the animation", () => {
    const drawing = (page: Page) => page.locator(".drawing");
    const moment = async (page: Page): Promise<number> =>
      Number(await drawing(page).getAttribute("data-moment"));
    const state = (page: Page) => drawing(page).getAttribute("data-state");

    it("does not start by itself; steps forwards and backwards", async () => {
      await visit("switching", async (page) => {
        const words = page.locator(".told-in-words");
        expect([await moment(page), await state(page)]).toEqual([0, "paused"]);
        await page.getByRole("button", { name: "Step" }).click();
        await page.getByRole("button", { name: "Step" }).click();
        expect(await words.textContent()).toBe(play("select")[2]?.text);
        await page.getByRole("button", { name: "Back" }).click();
        expect(await words.textContent()).toBe(play("select")[1]?.text);
        await page.getByRole("button", { name: "Begin anew" }).click();
        expect(await moment(page)).toBe(0);
      });
    });

    it("plays, and stands still while it is paused", async () => {
      await visit("switching", async (page) => {
        await page.getByLabel("Speed").selectOption("fast");
        await page.getByRole("button", { name: "Play" }).click();
        await expect.poll(() => moment(page)).toBeGreaterThan(1);
        await page.getByRole("button", { name: "Pause" }).click();
        const there = await moment(page);
        await page.waitForTimeout(1_500); // two moments
        expect([await moment(page), await state(page)]).toEqual([there, "paused"]);
      });
    });

    it("is worked by keys alone", async () => {
      await visit("switching", async (page) => {
        await page.getByLabel("Speed").focus();
        await page.keyboard.press("Tab");
        const focused = page.locator(".drawing:focus");
        expect(await focused.count()).toBe(1);
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("ArrowLeft");
        expect(await moment(page)).toBe(1);
        await page.keyboard.press("Space");
        expect(await state(page)).toBe("playing");
        await page.keyboard.press("Space");
        expect(await state(page)).toBe("paused");
        await page.keyboard.press("End");
        expect(await moment(page)).toBe(play("select").length - 1);
        await page.keyboard.press("Home");
        expect(await moment(page)).toBe(0);
      });
    });

    it.each(BACKENDS)("shows what %s costs in all", async (backend) => {
      await visit("switching", async (page) => {
        await page.getByRole("radio", { name: backend, exact: true }).check();
        await drawing(page).press("End");
        const { calls, looks } = play(backend).at(-1)!;
        expect(await page.locator(".calls").textContent()).toBe(String(calls));
        expect(await page.locator(".looks").textContent()).toBe(String(looks));
      });
    });

    it("moves nothing smoothly for those who do not like it", async () => {
      const duration = (page: Page) =>
        page
          .locator(".descriptor rect")
          .first()
          .evaluate((cell) => getComputedStyle(cell).transitionDuration);
      await visit("switching", async (page) => expect(await duration(page)).toBe("0s"));
      const options = { reducedMotion: "no-preference" } as const;
      await visit("switching", async (page) => expect(await duration(page)).toBe("0.3s"), options);
    });
  });
});
