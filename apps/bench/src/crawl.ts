// How fast is the crawler, against others and against one written by hand?
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { Row } from "./answer.js";
import { core, otherCore } from "./child.js";
import { dots } from "./plot.js";
import type { Contender, Question, Setup } from "./question.js";
import { type Node, type Peer, program } from "./runtimes.js";

const WHERE =
  otherCore === null
    ? "the crawler and the site share what cores there are"
    : `the crawler runs on core ${core}, the site on core ${otherCore}`;
/** Pages in flight, on one host. */
const CONCURRENCY = 32;
/** Pages for those that are fast, and for those that are not. */
const MANY = { Random: 20_000, Tree: 1_000 };
const FEW = { Random: 1_000, Tree: 100 };
/** Where Debian has Python's documentation. */
const TREE = "/usr/share/doc/python3.11/html";
const IN_FLIGHT = [1000, 5000, 10_000];
const LONG = 100_000;

/** Ends the keys of its rows. */
interface Site {
  readonly key: "Random" | "Tree";
  readonly label: string;
  readonly meaning: string;
  readonly missing?: string | undefined;
}

const SITES: readonly Site[] = [
  {
    key: "Random",
    label: "pages of 20 links",
    meaning: "Small pages with 20 random links each, as `scrapy bench` serves them",
  },
  {
    key: "Tree",
    label: "Python's documentation",
    meaning: "The 526 pages of Debian's python3.11-doc, 50 MB of HTML, served as files",
    missing: existsSync(TREE) ? undefined : "python3.11-doc is not installed",
  },
];

const rows = (figure: string, how: string): Row[] =>
  SITES.map(({ key, label, meaning }) => ({
    key: figure + key,
    label,
    meaning: `${meaning}; ${how}.`,
  }));

/** How a crawler is started; it stops after so many pages. */
interface Crawler extends Pick<Peer, "who" | "missing"> {
  command(pages: number): readonly string[];
  /** At full scale: as many as take it some seconds. */
  readonly pages: Readonly<Record<Site["key"], number>>;
}

function ours(node: Node): (...flags: string[]) => string[] {
  const require = createRequire(import.meta.url);
  const main = join(dirname(require.resolve("@greenlit/crawler/package.json")), "dist/main.js");
  return (...flags) => [node.path, main, "SEED", "--quiet", ...flags];
}

function crawlers(node: Node, { nodeCrawl, scrapy, crawlee }: Setup["peers"]): Crawler[] {
  const size = String(CONCURRENCY);
  const flags = ["--concurrency", size, "--per-host", size, "--max-pages"];
  const run = ours(node);
  return [
    {
      ...node,
      pages: MANY,
      command: (pages) => run(...flags, String(pages), "--job", "FOLDER/job"),
    },
    {
      ...node,
      who: `${node.who}, in memory`,
      pages: MANY,
      command: (pages) => run(...flags, String(pages), "--no-job", "--output", "/dev/null"),
    },
    {
      ...nodeCrawl,
      pages: MANY,
      command: (pages) => [...nodeCrawl.command, "SEED", size, String(pages)],
    },
    {
      ...scrapy,
      pages: FEW,
      command: (pages) => [...scrapy.command, "SEED", size, String(pages), "FOLDER/job"],
    },
    {
      ...crawlee,
      pages: FEW,
      command: (pages) => [...crawlee.command, "SEED", size, String(pages), "FOLDER"],
    },
  ];
}

/** What serves a site to the command that follows. */
function crawling(node: Node, name: string | number, ...site: (string | number)[]): string[] {
  return program(node, "crawl", name, otherCore ?? "-", ...site, "--");
}

function race(node: Node, crawler: Crawler, site: Site, scale: number): Contender {
  const pages = Math.ceil(crawler.pages[site.key] * Math.min(1, scale));
  const served = site.key === "Tree" ? [TREE, "0"] : ["random", "20000"];
  return {
    who: crawler.who,
    keys: ["rate", "cpu", "memory"].map((figure) => figure + site.key),
    command: [...crawling(node, site.key, ...served), ...crawler.command(pages)],
    missing: crawler.missing ?? site.missing,
  };
}

const counts = ({ scale }: Setup): number[] =>
  IN_FLIGHT.filter((n) => n <= 10_000 * scale || n === 1000);

function hold(node: Node, peers: Setup["peers"], n: number): Contender[] {
  const held = (who: string, command: readonly string[], missing?: string): Contender => ({
    who,
    keys: [`inFlight${n}`],
    command: [...crawling(node, n, "hold", n), ...command],
    rounds: 1,
    missing,
  });
  const many = ["--concurrency", String(n), "--per-host", String(n), "--timeout", "60000"];
  return [
    held(node.who, ours(node)(...many, "--job", "FOLDER/job"), node.missing),
    held(peers.nodeCrawl.who, [...peers.nodeCrawl.command, "SEED", String(n), String(n + 1)]),
  ];
}

const long = ({ scale }: Setup): number => Math.ceil(LONG * scale);

/** A crawl that takes a while, and how large the crawlers are meanwhile. */
function last(node: Node, setup: Setup): Contender[] {
  return crawlers(node, setup.peers)
    .slice(0, 3)
    .map(({ who, command, missing }) => ({
      who,
      keys: FIFTHS.map((fifth) => `fifth${fifth}Long`),
      command: [...crawling(node, "Long", "random", long(setup)), ...command(long(setup))],
      rounds: 1,
      missing,
    }));
}

const FIFTHS = [1, 2, 3, 4, 5];

export const crawl: Question = {
  name: "crawl",
  asks: "How fast is the crawler?",
  budget: 330,
  tables: (setup) => [
    {
      title: "Crawls",
      unit: "pages/s",
      rows: rows(
        "rate",
        `${WHERE}, ${CONCURRENCY} pages in flight, robots.txt obeyed; from the start of the command to its end, which Scrapy and Crawlee reach after fewer pages`,
      ),
    },
    {
      title: "Processor time of the crawler",
      unit: "ms a page",
      rows: rows("cpu", "user and system time of the crawler's process, its start included"),
    },
    {
      title: "Memory of the crawler",
      unit: "MB",
      rows: rows("memory", "the most that is resident"),
    },
    {
      title: "Memory as a crawl goes on",
      unit: "MB",
      rows: FIFTHS.map((fifth) => {
        const pages = ((long(setup) * fifth) / 5).toLocaleString("en");
        return {
          key: `fifth${fifth}Long`,
          label: `after ${pages} pages`,
          meaning: `What is resident after ${pages} of ${long(setup).toLocaleString("en")} pages of 20 links.`,
        };
      }),
    },
    {
      title: "Memory of a page in flight",
      unit: "KB each",
      rows: counts(setup).map((n) => ({
        key: `inFlight${n}`,
        label: `${n.toLocaleString("en")} pages`,
        meaning: `What is resident more than with one page in flight, when a server has begun to answer ${n.toLocaleString("en")} requests and leaves it at half a page.`,
      })),
    },
  ],
  // Of the first Node alone: this is about the crawler.
  contenders(setup) {
    const [node] = setup.nodes as [Node];
    return [
      ...SITES.flatMap((site) =>
        crawlers(node, setup.peers).map((crawler) => race(node, crawler, site, setup.scale)),
      ),
      ...last(node, setup),
      ...counts(setup).flatMap((n) => hold(node, setup.peers, n)),
    ];
  },
  plots: (answer) => [dots("crawl", "Pages a second, by who crawls", answer, 0)],
};
