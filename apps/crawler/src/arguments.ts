import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { type CrawlOptions, DEFAULTS } from "./options.js";
import { MODES } from "./modes/index.js";
import type { Flags, Mode } from "./modes/mode.js";
import { nearest } from "./nearest.js";
import { isCsv, nameInFolder } from "./output-plans.js";
import { TRAP_LIMITS, TRAP_REASONS, type TrapOptions } from "./traps.js";
import { parseUrl } from "./url.js";
import { VERSION } from "./version.js";

/** What the command line asks for. */
export interface Arguments {
  readonly mode: Mode;
  /** As given, those of the mode too. */
  readonly flags: Flags;
  readonly crawl: CrawlOptions;
  /** Write records to standard output, not to a file. */
  readonly toStdout: boolean;
  /** Print the summary as JSON. */
  readonly json: boolean;
  readonly quiet: boolean;
  readonly demo: boolean;
}

/** The command line was wrong, or asked only for help; everything has been printed. */
export class Exit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

export const EXIT_CODES = `
Exit codes:
  0    the crawl finished
  1    nothing could be crawled, or the output could not be written
  2    wrong arguments
  130  interrupted: Ctrl-C once ends after the pages in flight, twice at once
`;

/** Reads the command line. Usage errors go to stderr, help and version to stdout. */
export function parseArguments(argv: readonly string[]): Arguments | Exit {
  let chosen: Chosen | undefined;
  const command = declare((it) => (chosen = it));
  try {
    command.parse(argv, { from: "user" });
    return interpret(chosen!);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return new Exit(error.exitCode === 0 ? 0 : 2);
  }
}

/** What stands behind the flags: which mode, and of which seeds. */
interface Chosen {
  readonly mode: Mode;
  readonly command: Command;
  readonly seeds: readonly string[];
}

/** The flags of a crawl are those of the whole command: they may stand before and after a mode. */
function declare(choose: (chosen: Chosen) => void): Command {
  const program = declareCrawl();
  const run = (mode: Mode, command: Command): void => {
    command
      .argument("[seeds...]", "http and https URLs to begin with", addSeed)
      .action((seeds: string[]) => choose({ mode, command, seeds }));
  };
  run(MODES[0], program);
  for (const mode of MODES) {
    const command = program.command(mode.name).description(mode.summary);
    if (mode.makes !== undefined)
      command.option("--to <file>", `where that goes (default: ${mode.makes} in the job's folder)`);
    mode.declare?.(command);
    run(mode, command);
  }
  return program;
}

function declareCrawl(): Command {
  const perHost = `pages of one host in flight (default: ${DEFAULTS.perHost}; with --demo: ${DEMO_PER_HOST})`;
  const command = new Command("greenlit-crawl")
    .description(
      "Crawls web sites: one greenlet per page, robots.txt obeyed, every failure counted.",
    )
    .usage("[mode] [options] [seeds...]")
    .version(VERSION)
    .option("--concurrency <n>", "pages in flight", atLeast(1), DEFAULTS.concurrency)
    .option("--max-pages <n>", "URLs to fetch at most", atLeast(1))
    .option("--max-depth <n>", "links from a seed", atLeast(0))
    .addOption(new Option("--scope <scope>", "how far to go").choices(["host", "domain", "any"]))
    .option("--include <glob...>", "follow only URLs that match one of these")
    .option("--exclude <glob...>", "do not follow URLs that match one of these")
    .option("--per-host <n>", perHost, atLeast(1))
    .option("--delay <ms>", "between two requests to one host", atLeast(0), DEFAULTS.delay)
    .option("--timeout <ms>", "for one request, body included", atLeast(1), DEFAULTS.timeout)
    .option("--connect-timeout <ms>", "of that, to connect", atLeast(1), DEFAULTS.connectTimeout)
    .option(
      "--headers-timeout <ms>",
      "of that, until the head",
      atLeast(1),
      DEFAULTS.headersTimeout,
    )
    .option("--body-timeout <ms>", "of that, with no more body", atLeast(1), DEFAULTS.bodyTimeout)
    .option("--retries <n>", "further attempts after a passing error", atLeast(0), DEFAULTS.retries)
    .option("--retry-delay <ms>", "before the second attempt", atLeast(0), DEFAULTS.retryDelay)
    .option("--body-limit <bytes>", "of one body", atLeast(1), DEFAULTS.bodyLimit)
    .option("--user-agent <text>", "sent, and matched with robots.txt", DEFAULTS.userAgent)
    .option("--no-robots", "ignore robots.txt, nofollow and meta robots")
    .option("--trap <reason=n>", "another limit for what seems to have no end", addTrapLimit)
    .option("--no-cookies", "keep and send no cookies")
    .option("--allow-private", "fetch from private addresses that links lead to")
    .option("--job <folder>", "keep the crawl there, and go on with it (default: crawl-<host>)")
    .option("--no-job", "keep the crawl in memory: it ends with the process")
    .option("--fresh", "start over, and overwrite the output")
    .option(
      "--output <file>",
      `one JSON line per URL (default: ${nameInFolder("pages", {})} in the job's folder); - for standard output`,
    )
    .option("--items <file>", "where items go (default: items.jsonl in the job's folder)")
    .option(
      "--skipped [file]",
      "list what is not fetched, why, and who links there (default: skipped.jsonl likewise)",
      noUrl,
    )
    .addOption(
      new Option("--format <format>", "of outputs whose names do not say").choices([
        "jsonl",
        "csv",
      ]),
    )
    .option("--json", "print the summary as JSON")
    .option("--quiet", "no progress")
    .option("--demo", "crawl the bundled demo site, on this machine only")
    .addHelpText("afterAll", EXIT_CODES)
    .configureHelp({ showGlobalOptions: true })
    .commandsGroup("Modes:")
    .helpCommand("help [mode]", "what a mode does, and its flags")
    .exitOverride();
  command.configureOutput({
    outputError: (text, write) =>
      write(`${text}${command.createHelp().commandUsage(command).replace(/^/, "Usage: ")}\n`),
  });
  return command;
}

/** The demo site's hosts can take more than strangers should be asked for. */
export const DEMO_PER_HOST = 8;

interface CrawlFlags {
  job?: string | boolean;
  output?: string;
  json?: boolean;
  quiet?: boolean;
  demo?: boolean;
  perHost?: number;
  skipped?: string | true;
  format?: "jsonl" | "csv";
  trap?: TrapOptions;
}

function interpret({ mode, command, seeds }: Chosen): Arguments {
  const own = Object.keys(command.parent === null ? {} : command.opts());
  const flags = command.optsWithGlobals<CrawlFlags>();
  const ofCrawl = Object.entries(flags).filter(([name]) => !own.includes(name));
  const { job, output, json, quiet, demo, trap, ...crawl } = Object.fromEntries(
    ofCrawl,
  ) as CrawlFlags;
  if (seeds.length === 0 && demo !== true && typeof job !== "string") {
    command.error("error: no URL to begin with (--demo crawls a bundled site)");
  }
  const hasFolder = job !== false && (demo !== true || typeof job === "string");
  if (crawl.skipped === true && !hasFolder) {
    command.error("error: --skipped needs the name of a file where there is no job");
  }
  if (mode.finish !== undefined && (output === "-" || isCsv(output, crawl.format))) {
    const wanted = "a file of JSON Lines (--output)";
    command.error(`error: the ${mode.name} is made from the output, which must be ${wanted}`);
  }
  const perHost = crawl.perHost ?? (demo ? DEMO_PER_HOST : DEFAULTS.perHost);
  return {
    mode,
    flags: { ...flags },
    crawl: {
      seeds,
      ...crawl,
      perHost,
      traps: trap ?? {},
      job: typeof job === "string" ? job : job === false || demo ? undefined : jobName(seeds[0]!),
      output: output === "-" ? undefined : output,
    },
    toStdout: output === "-",
    json: json === true,
    quiet: quiet === true,
    demo: demo === true,
  };
}

/** `https://example.org/a` is kept in `crawl-example.org`. */
function jobName(seed: string): string {
  return `crawl-${new URL(seed).host.replace(/[^\w.-]+/g, "-")}`;
}

function addSeed(text: string, seeds: string[] = []): string[] {
  if (parseUrl(text).url !== null) return [...seeds, text];
  const guess = parseUrl(`https://${text}`).url === null ? "" : ` Did you mean https://${text}?`;
  const mode = nearest(text, [...MODES.map(({ name }) => name), "help"]);
  if (mode !== null) throw new InvalidArgumentError(`No mode of this name. Did you mean ${mode}?`);
  throw new InvalidArgumentError(`Not an http or https URL.${/:\/\//.test(text) ? "" : guess}`);
}

/** The name of a file may be left out: what follows then is not one. */
function noUrl(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  throw new InvalidArgumentError("A URL is no name of a file: put the flag behind the URLs.");
}

/** `same-content=50` sets `maxSameness`. */
function addTrapLimit(text: string, before: TrapOptions = {}): TrapOptions {
  const [name, limit = ""] = text.split("=", 2);
  const reason = TRAP_REASONS.find((known) => known === name);
  if (reason !== undefined) return { ...before, [TRAP_LIMITS[reason]]: atLeast(1)(limit) };
  throw new InvalidArgumentError(`Not one of ${TRAP_REASONS.join(", ")}, followed by =n.`);
}

/** A parser of whole numbers from `minimum` up. */
function atLeast(minimum: number): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text) && Number(text) >= minimum) return Number(text);
    throw new InvalidArgumentError(`Not a whole number of ${minimum} or more.`);
  };
}
