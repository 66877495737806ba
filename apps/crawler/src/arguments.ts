import { parse } from "node:path";
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { type CrawlFlags, declareFlags, DEMO_PER_HOST, optionsOf } from "./flags.js";
import { type Config, ConfigError, loadConfig } from "./config.js";
import { MODES } from "./modes/index.js";
import type { Flags, Mode } from "./modes/mode.js";
import { nearest } from "./nearest.js";
import type { CrawlOptions } from "./options.js";
import { isCsv } from "./output-plans.js";
import type { PageHandler } from "./page.js";
import { FROM_ENVIRONMENT } from "./proxies.js";
import { parseUrl } from "./url.js";
import { VERSION } from "./version.js";

/** What the command line asks for. */
export interface Arguments {
  readonly mode: Mode;
  /** As given, those of the mode too. */
  readonly flags: Flags;
  readonly crawl: CrawlOptions;
  /** Of a module of settings. */
  readonly handler: PageHandler | undefined;
  /** Write records to standard output, not to a file. */
  readonly toStdout: boolean;
  /** Print the summary as JSON. */
  readonly json: boolean;
  readonly quiet: boolean;
  /** Say what would be done. */
  readonly dryRun: boolean;
  readonly demo: boolean;
  /** Processes. */
  readonly workers: number;
  /** Port of the dashboard, 0 for any; null: there is none. */
  readonly dashboard: number | null;
}

/** The command line was wrong, or asked only for help; everything has been printed. */
export class Exit {
  readonly code: number;

  constructor(code: number) {
    this.code = code;
  }
}

const EXIT_CODES = `
Exit codes:
  0    the crawl finished
  1    nothing could be crawled, or the output could not be written
  2    wrong arguments
  3    --max-time ended it, and URLs are left: the same command goes on
  130  interrupted: Ctrl-C once ends after the pages in flight, twice at once

Times are in milliseconds, or have units: 1.5s, 10m, 1h30m. Sizes are in bytes,
or have units: 500kB, 10MB, 1GiB.
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
  const program = declareProgram();
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

function declareProgram(): Command {
  const program = new Command("greenlit-crawl")
    .description(
      "Crawls web sites: one greenlet per page, robots.txt obeyed, every failure counted.",
    )
    .usage("[mode] [options] [seeds...]")
    .addHelpText("afterAll", EXIT_CODES)
    .configureHelp({ showGlobalOptions: true })
    .commandsGroup("Modes:")
    .helpCommand("help [mode]", "what a mode does, and its flags")
    .version(VERSION)
    .exitOverride();
  program.configureOutput({
    outputError: (text, write) =>
      write(`${text}${program.createHelp().commandUsage(program).replace(/^/, "Usage: ")}\n`),
  });
  declareFlags(program);
  return program;
}

/** Flags that need no value where there is a job, and what it names. */
const NAMED = { skipped: "file", warc: "folder" } as const;

function interpret({ mode, command, seeds: named }: Chosen): Arguments {
  const program = command.parent ?? command;
  const isGiven = (name: string): boolean => program.getOptionValueSource(name) === "cli";
  const given = Object.entries(program.opts()).filter(([name]) => isGiven(name));
  const flags: CrawlFlags = Object.fromEntries(given);
  const { dashboard, demo = false, dryRun = false, json = false, quiet = false } = flags;
  const { workers = 1 } = flags;
  const { handler, ...config } = configOf(flags, command);
  const options = { proxy: FROM_ENVIRONMENT, ...config, ...optionsOf(flags) };
  const seeds = named.length > 0 ? named : (config.seeds ?? []);
  const beginnings = [...seeds, ...(options.sitemaps ?? []), ...(options.seedFiles ?? [])];
  const isKept = !demo && mode.isReport !== true;
  const job = flags.job === false ? null : (flags.job ?? config.job ?? (isKept ? undefined : null));
  const output = flags.output ?? config.output;
  const settled = { ...options, seeds, output };
  const asked = { mode, demo, job, beginnings, options: settled, workers, dashboard };
  const complaint = contradiction(asked);
  if (complaint !== null) command.error(`error: ${complaint}`);
  return {
    mode,
    handler,
    flags: command.optsWithGlobals(),
    crawl: {
      ...(demo ? { perHost: DEMO_PER_HOST } : {}),
      ...settled,
      job: job === null ? undefined : (job ?? jobName(beginnings[0]!)),
      output: output === "-" ? undefined : output,
    },
    toStdout: output === "-",
    json,
    quiet,
    dryRun,
    demo,
    workers,
    dashboard: dashboard === undefined ? null : dashboard === true ? 0 : dashboard,
  };
}

function configOf({ config }: CrawlFlags, command: Command): Config {
  if (config === undefined) return {};
  try {
    return loadConfig(config);
  } catch (error) {
    if (error instanceof ConfigError) command.error(`error: ${error.message}`);
    throw error;
  }
}

interface Asked {
  readonly mode: Mode;
  readonly demo: boolean;
  /** Undefined: by the first beginning; null: none. */
  readonly job: string | null | undefined;
  readonly beginnings: readonly string[];
  readonly options: CrawlOptions;
  readonly workers: number;
  readonly dashboard: CrawlFlags["dashboard"];
}

/** What does not go together; null when all does. */
function contradiction(asked: Asked): string | null {
  const { mode, demo, job, beginnings, options, workers, dashboard } = asked;
  const { format, output, robots, robotsSitemaps, store } = options;
  if (beginnings.length === 0 && !demo && typeof job !== "string")
    return "no URL to begin with (--demo crawls a bundled site)";
  if (beginnings[0] === "-" && job === undefined)
    return "seeds from standard input have no name: give the crawl one with --job";
  if (robotsSitemaps === true && robots === false)
    return "--sitemaps are those that robots.txt names, which --no-robots ignores";
  for (const [flag, place] of Object.entries(NAMED))
    if (options[flag as keyof typeof NAMED] === true && job === null)
      return `--${flag} needs the name of a ${place} where there is no job`;
  if (job === null && mode.finish === undefined && (workers > 1 || store !== undefined))
    return "--workers and --store need a --job to write to";
  if (workers > 1 && dashboard !== undefined) return "the --dashboard shows one process";
  if (output === "-" && options.items === "-")
    return "only one of --output and --items can be standard output";
  const isFile = typeof output !== "object" && output !== "-" && !isCsv(output, format);
  if (mode.finish !== undefined && !isFile)
    return `the ${mode.name} is made from the output, which must be a file of JSON Lines (--output)`;
  return null;
}

/** `https://example.org/a` is kept in `crawl-example.org`, and `lists/urls.txt` in `crawl-urls`. */
function jobName(beginning: string): string {
  const { url } = parseUrl(beginning);
  const name = url === null ? parse(beginning).name : url.host;
  return `crawl-${name.replace(/[^\w.-]+/g, "-")}`;
}

function addSeed(text: string, seeds: string[] = []): string[] {
  if (parseUrl(text).url !== null) return [...seeds, text];
  const guess = parseUrl(`https://${text}`).url === null ? "" : ` Did you mean https://${text}?`;
  const mode = nearest(text, [...MODES.map(({ name }) => name), "help"]);
  if (mode !== null) throw new InvalidArgumentError(`No mode of this name. Did you mean ${mode}?`);
  throw new InvalidArgumentError(`Not an http or https URL.${/:\/\//.test(text) ? "" : guess}`);
}
