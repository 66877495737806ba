// How many pages a second does the demo crawl reach, by concurrency?
import { core, otherCore } from "./child.js";
import { curves } from "./plot.js";
import type { Contender, Question } from "./question.js";
import { program } from "./runtimes.js";

const CONCURRENCY = [10, 100, 1000];

const WHERE =
  otherCore === null
    ? "the crawler and the site it crawls share what cores there are"
    : `the crawler runs on core ${core}, the site it crawls on core ${otherCore}`;

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
        meaning: `At most ${n.toLocaleString("en")} pages in flight; ${WHERE}.`,
      })),
    },
  ],
  // Of the first Node alone: this is about the crawler.
  contenders: ({ nodes, scale }) =>
    nodes.slice(0, 1).flatMap((node) =>
      CONCURRENCY.map((n): Contender => {
        const pages = Math.ceil(1000 * Math.min(1, scale * 2));
        return {
          ...node,
          keys: [`crawl${n}`],
          prints: "pagesPerSecond",
          command: program(node, "crawl", n, pages, ...(otherCore === null ? [] : [otherCore])),
        };
      }),
    ),
  plots: (answer) => [
    curves("crawl", "Pages a second, by greenlets that crawl at once", answer, ["crawl"]),
  ],
};
