import { existsSync } from "node:fs";
import { join } from "node:path";
import { checkLinks } from "../check/check-links.js";
import type { LinksRecord, PageRecord } from "../output.js";
import { replaceFile } from "../replaced-file.js";
import { collectReport } from "../report/collect.js";
import { formatReport } from "../report/html.js";
import type { Ended, Mode } from "./mode.js";

const LINKS = "links.jsonl";

/**
 * One HTML file that shows what a crawl found. A crawl that was begun by another mode may not have
 * written what its pages refer to: then it is told where each URL was found first.
 */
export const reportMode: Mode = {
  name: "report",
  summary: "write an HTML report of the site, in one file",
  makes: "report.html",

  prepare(_, options) {
    const { job = "", fresh = false } = options;
    const links = join(job, LINKS);
    const isBegunWithout = existsSync(join(job, "pages.jsonl")) && !existsSync(links);
    return { options: isBegunWithout && !fresh ? options : { ...options, links } };
  },

  finish(ended) {
    const { file, say } = ended;
    const links = linksOf(ended);
    const pages = (): Iterable<PageRecord> => ended.journal("pages");
    const journal = <T>(name: string): Iterable<T> =>
      (name === "links" ? links() : ended.journal(name)) as Iterable<T>;
    checkLinks({ ...ended, journal }, { accepts: () => false, ignore: [] }, (check) => {
      const html = formatReport(collectReport({ pages, links, check, made: new Date() }));
      replaceFile(file, (it) => it.write(html));
    });
    say(`The report is ${file}.`);
    return null;
  },
};

function linksOf({ folder, journal, say }: Ended): () => Iterable<LinksRecord> {
  if (folder === null || existsSync(join(folder, LINKS))) return () => journal("links");
  say("This crawl has not written its links: the report tells where each URL was found first.");
  return () => firstLinks(journal("pages"));
}

function* firstLinks(pages: Iterable<PageRecord>): Generator<LinksRecord> {
  for (const { url, referrer } of pages) {
    if (referrer === null) continue;
    yield { page: referrer, references: [{ kind: "link", href: url, line: null }], anchors: null };
  }
}
