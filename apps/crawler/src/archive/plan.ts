import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { type CrawlOptions, DEFAULTS, type ResolvedOptions } from "../options.js";
import type { OutputPlan } from "../outputs.js";
import { VERSION } from "../version.js";
import { JOURNAL, WarcFiles } from "./warc-files.js";

export type ArchiveOptions = Pick<CrawlOptions, "job" | "warc"> &
  Partial<Pick<ResolvedOptions, "robots" | "userAgent" | "warcSize">>;

/** Name of the folder, in that of the job. */
export const ARCHIVE = "archive";

/** The archive as an output of the crawl. */
export function planArchive(options: ArchiveOptions): OutputPlan {
  const { job, warc, robots, warcSize = DEFAULTS.warcSize, userAgent = null } = options;
  return {
    name: "archive",
    given: typeof warc === "string" ? join(warc, JOURNAL) : undefined,
    inFolder: warc === true ? join(ARCHIVE, JOURNAL) : null,
    open: (file, keep) => {
      const prefix = nameOf(job ?? dirname(file));
      const about = [
        ["software", `greenlit-crawler/${VERSION}`],
        ["hostname", hostname()],
        ["isPartOf", prefix],
        ["robots", robots === false ? "ignore" : "obey"],
        ["http-header-user-agent", userAgent],
      ] as const;
      return new WarcFiles(file, keep, { size: warcSize, prefix, about });
    },
  };
}

function nameOf(folder: string): string {
  return basename(folder).replace(/[^\w.-]+/g, "-") || ARCHIVE;
}
