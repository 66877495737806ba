// How many pages a second does the demo crawl reach, by concurrency?
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { curves } from "./plot.js";
import type { Contender, Question } from "./question.js";

const require = createRequire(import.meta.url);
const CRAWLER = join(dirname(require.resolve("@greenlit/crawler/package.json")), "dist/main.js");
const CONCURRENCY = [10, 100, 1000];

export const crawling: Question = {
  name: "crawl",
  asks: "How many pages a second does the crawler reach?",
  budget: 25,
  tables: () => [
    {
      title: "The demo crawl",
      unit: "pages/s",
      rows: CONCURRENCY.map((n) => ({
        key: `crawl${n}`,
        label: `${n.toLocaleString("en")} greenlets`,
        meaning: `At most ${n.toLocaleString("en")} pages in flight; the crawler and the site it crawls share the core.`,
      })),
    },
  ],
  // Of the first Node alone: this is about the crawler.
  contenders: ({ nodes, scale }) =>
    nodes.slice(0, 1).flatMap((node) =>
      CONCURRENCY.map((n): Contender => {
        const flags = ["--demo", "--json", "--quiet", "--per-host", "50"];
        const pages = Math.ceil(1000 * Math.min(1, scale * 2));
        const size = ["--concurrency", String(n), "--max-pages", String(pages)];
        return {
          ...node,
          keys: [`crawl${n}`],
          prints: "pagesPerSecond",
          command: [node.path, CRAWLER, ...flags, ...size],
        };
      }),
    ),
  plots: (answer) => [
    curves("crawl", "Pages a second, by greenlets that crawl at once", answer, ["crawl"]),
  ],
};
