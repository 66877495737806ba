import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import type { CrawlOptions } from "../options.js";
import type { OutputPlan } from "../outputs.js";
import { VERSION } from "../version.js";
import { JOURNAL, WarcFiles } from "./warc-files.js";

export type ArchiveOptions = Pick<
  CrawlOptions,
  "archive" | "archiveSize" | "job" | "robots" | "userAgent"
>;

/** Name of the folder, in that of the job. */
export const ARCHIVE = "archive";

/** Recommended by WARC 1.1, annex C. */
const SIZE = 1e9;

/** The archive as an output of the crawl. */
export function planArchive(options: ArchiveOptions): OutputPlan {
  const { archive, archiveSize = SIZE, job, robots = true, userAgent = null } = options;
  return {
    name: "archive",
    given: typeof archive === "string" ? join(archive, JOURNAL) : undefined,
    inFolder: archive === true ? join(ARCHIVE, JOURNAL) : null,
    open: (file, keep) => {
      const prefix = nameOf(job ?? dirname(file));
      const about = [
        ["software", `greenlit-crawler/${VERSION}`],
        ["hostname", hostname()],
        ["isPartOf", prefix],
        ["robots", robots ? "obey" : "ignore"],
        ["http-header-user-agent", userAgent],
      ] as const;
      return new WarcFiles(file, keep, { size: archiveSize, prefix, about });
    },
  };
}

function nameOf(folder: string): string {
  return basename(folder).replace(/[^\w.-]+/g, "-") || ARCHIVE;
}
