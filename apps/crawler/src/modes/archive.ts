import { join } from "node:path";
import { type Command, Option } from "commander";
import { ARCHIVE } from "../archive/plan.js";
import type { RequisiteMode } from "../errands.js";
import type { Mode } from "./mode.js";

/**
 * Keeps pages as they were sent, with what they consist of, for replay by the tools of archives.
 */
export const archiveMode: Mode = {
  name: "archive",
  summary: "keep pages and what they consist of as WARC files, with an index",

  declare(command: Command) {
    command.addOption(
      new Option("--requisites <which>", "images, styles, scripts: none, those in scope, or any")
        .choices(["none", "scope", "any"])
        .default("any"),
    );
  },

  prepare(flags, options) {
    const { warc = true } = options;
    if (warc === true && options.job === undefined)
      throw new Error("without a job, the archive needs a folder: --warc <folder>");
    const folder = warc === true ? join(options.job!, ARCHIVE) : warc;
    return {
      options: { ...options, warc, requisites: flags["requisites"] as RequisiteMode },
      conclude: (say) => say(`The archive is in ${folder}.`),
    };
  },
};
