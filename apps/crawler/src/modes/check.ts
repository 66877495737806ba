import { type Command, InvalidArgumentError, Option } from "commander";
import { checkLinks } from "../check/check-links.js";
import { type CheckReport, total } from "../check/finding.js";
import { formatGithub } from "../check/formats/github.js";
import { formatJson } from "../check/formats/json.js";
import { formatJunit } from "../check/formats/junit.js";
import { formatMarkdown } from "../check/formats/markdown.js";
import { formatText } from "../check/formats/text.js";
import { print } from "../check/printer.js";
import { Glob } from "../glob.js";
import { replaceFile } from "../replaced-file.js";
import { join } from "node:path";
import type { Ended, Mode } from "./mode.js";

interface CheckFlags {
  readonly as: keyof typeof FORMATS;
  readonly json?: boolean;
  readonly junit?: string;
  readonly external: boolean;
  readonly ignore: readonly string[];
  readonly accept: readonly StatusRange[];
  readonly strict?: boolean;
}

type StatusRange = readonly [from: number, to: number];

const FORMATS: Readonly<
  Record<string, (report: CheckReport, flags: CheckFlags) => Iterable<string>>
> = {
  text: (report) => formatText(report, wantsColours()),
  json: (report) => formatJson(report),
  junit: (report, { strict = false }) => formatJunit(report, strict, new Date()),
  markdown: (report) => formatMarkdown(report),
  github: (report) => formatGithub(report),
};

/** Finds links that lead nowhere, and much else that is wrong with links. */
export const checkMode: Mode = {
  name: "check",
  summary: "find broken links, with every page that has them",
  isReport: true,

  declare(command: Command) {
    command
      .addOption(
        new Option("--as <format>", "of what is printed")
          .choices(Object.keys(FORMATS))
          .default("text"),
      )
      .option("--junit <file>", "write a JUnit report, too")
      .option("--no-external", "do not ask for what links to other hosts lead to")
      .option("--ignore <glob...>", "say nothing about links to URLs that match one of these", [])
      .option("--accept <statuses>", "that are fine: 403,999,500-599", statuses, [])
      .option("--strict", "warnings count as errors");
  },

  prepare(flags, options) {
    const { external } = flags as unknown as CheckFlags;
    const links = join(options.job!, "links.jsonl");
    return { options: { ...options, links, external, requisites: external ? "any" : "scope" } };
  },

  finish(ended) {
    const flags = ended.flags as unknown as CheckFlags;
    const { accept, as, json, junit, strict = false } = flags;
    const options = { accepts: accepts(accept), ignore: flags.ignore.map((it) => new Glob(it)) };
    return checkLinks(ended, options, (report) => {
      if (junit !== undefined) {
        replaceFile(junit, (file) => {
          for (const piece of formatJunit(report, strict, new Date())) file.write(piece);
        });
      }
      print(process.stdout, FORMATS[json === true ? "json" : as]!(report, flags));
      return exitCode(report, ended, flags);
    });
  },
};

/** That of the crawl where it was interrupted, or nothing could be checked. */
function exitCode(report: CheckReport, { summary }: Ended, { strict }: CheckFlags): number | null {
  const failures = total(report, "error") + (strict === true ? total(report, "warning") : 0);
  if (failures > 0 && !summary.interrupted) return 1;
  return report.partial === null && report.pages > 0 ? 0 : null;
}

function accepts(ranges: readonly StatusRange[]): (status: number) => boolean {
  return (status) => ranges.some(([from, to]) => status >= from && status <= to);
}

/** `403,500-599` */
function statuses(text: string): StatusRange[] {
  return text.split(",").map((part) => {
    const [, from, to = from] = /^\s*(\d{3})(?:-(\d{3}))?\s*$/.exec(part) ?? [];
    if (from === undefined) throw new InvalidArgumentError("Not statuses, such as 403,500-599.");
    return [Number(from), Number(to)];
  });
}

/** On a terminal, unless the user does not want them (no-color.org). */
function wantsColours(): boolean {
  const { NO_COLOR = "", FORCE_COLOR = "" } = process.env;
  if (NO_COLOR !== "") return false;
  return FORCE_COLOR !== "" ? FORCE_COLOR !== "0" : process.stdout.isTTY;
}
