// How does the crawler bear a million URLs that wait?
import type { Row } from "./answer.js";
import { dots } from "./plot.js";
import type { Question, Setup } from "./question.js";
import { type Node, program } from "./runtimes.js";

const URLS = 1_000_000;

const count = ({ scale }: Setup): number => Math.ceil(URLS * scale);

const rates = (urls: string): Row[] => [
  {
    key: "insert",
    label: "found",
    meaning: `${urls} URLs of 1,000 hosts are looked for, queued, and committed to the disk 10,000 at a time.`,
  },
  {
    key: "lease",
    label: "handed out and ended",
    meaning: "All of them are leased, and their ends committed, 10,000 at a time.",
  },
];

export const frontier: Question = {
  name: "frontier",
  asks: "How does the crawler bear a million URLs that wait?",
  budget: 120,
  tables: (setup) => {
    const urls = count(setup).toLocaleString("en");
    return [
      { title: "URLs on disk", unit: "URLs a second", rows: rates(urls) },
      {
        title: "Going on with them",
        unit: "ms",
        rows: [
          {
            key: "resume",
            label: "until the first is handed out",
            meaning: `The folder with ${urls} URLs is opened by a crawler that begins.`,
          },
        ],
      },
      {
        title: "Memory meanwhile",
        unit: "MB",
        rows: [{ key: "rss", label: "resident", meaning: "Of the whole process, at its end." }],
      },
    ];
  },
  // Of the first Node alone: this is about the crawler.
  contenders(setup) {
    const [node] = setup.nodes as [Node];
    const keys = ["insert", "lease", "resume", "rss"];
    return [{ ...node, keys, command: program(node, "frontier", count(setup)) }];
  },
  plots: (answer) => [dots("frontier", "URLs a second, found and handed out", answer, 0)],
};
