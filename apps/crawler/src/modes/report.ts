import { join } from "node:path";
import { checkLinks } from "../check/check-links.js";
import type { LinksRecord, PageRecord } from "../output.js";
import { replaceFile } from "../replaced-file.js";
import { collectReport } from "../report/collect.js";
import { formatReport } from "../report/html.js";
import type { Mode } from "./mode.js";

/** One HTML file that shows what a crawl found. */
export const reportMode: Mode = {
  name: "report",
  summary: "write an HTML report of the site, in one file",
  makes: "report.html",

  prepare(_, options) {
    return { options: { ...options, links: join(options.job!, "links.jsonl") } };
  },

  finish(ended) {
    const { file, journal, say } = ended;
    checkLinks(ended, { accepts: () => false, ignore: [] }, (check) => {
      const pages = (): Iterable<PageRecord> => journal("pages");
      const links = (): Iterable<LinksRecord> => journal("links");
      const html = formatReport(collectReport({ pages, links, check, made: new Date() }));
      replaceFile(file, (it) => it.write(html));
    });
    say(`The report is ${file}.`);
    return null;
  },
};
