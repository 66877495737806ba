import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { run } from "greenlit";
import { expect, it } from "vitest";
import { crawl } from "../src/crawler.js";
import { temporaryFolder } from "./folder.js";
import { serve } from "./server.js";

const PAGES = 6_000;
const EARLY = 1_500;

/** Different for each page: pages that differ in numbers only look like a trap. */
const word = (i: number): string =>
  i.toString().replaceAll(/\d/g, (digit) => "abcdefghij"[+digit]!);

it("needs no more memory for many pages than for some", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const text = "some words of the page ".repeat(900); // 20 KB
  const { origin, requests } = await serve(({ url }, response) => {
    const i = Number(url!.slice(1));
    const links = [2 * i + 1, 2 * i + 2].filter((next) => next < PAGES);
    response.setHeader("content-type", "text/html");
    response.end(
      `<title>Page ${i}</title>${links.map((next) => `<a href="${next}">${next}</a>`).join("")}` +
        `<p>${word(i)} ${text}</p>`,
    );
  });
  const sizes = new Map<number, number>();
  const onRequest = (): void => {
    const count = requests.length;
    if ((count !== EARLY && count !== PAGES - 100) || sizes.has(count)) return;
    collect();
    sizes.set(count, process.memoryUsage().heapUsed);
  };
  const options = { seeds: [`${origin}/0`], job: temporaryFolder(), perHost: 1, onRequest };
  const summary = await run(() => crawl(options));
  expect(summary.pages).toBe(PAGES);
  const [early, late] = [...sizes.values()] as [number, number];
  // Of 4,400 pages: were each kept, 90 MB; known URLs and what the test itself keeps are 2 MB.
  expect(late - early).toBeLessThan(10e6);
}, 120_000);
