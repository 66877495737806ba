import { type Command, InvalidArgumentError, Option } from "commander";
import { type CrawlOptions, DEFAULTS, kindOf } from "./options.js";
import { nameInFolder } from "./output-plans.js";
import { TRAP_LIMITS, TRAP_REASONS, type TrapOptions } from "./traps.js";
import { parseUrl } from "./url.js";

/** The demo site's hosts can take more than strangers should be asked for. */
export const DEMO_PER_HOST = 8;

/** What the flags say, by their names in camel case. Most are options of the crawl. */
export interface CrawlFlags extends Omit<
  CrawlOptions,
  "job" | "output" | "proxy" | "seeds" | "sitemaps" | "traps"
> {
  readonly seeds?: readonly string[];
  readonly sitemap?: readonly string[];
  readonly sitemaps?: boolean;
  readonly job?: string | false;
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly config?: string;
  readonly dryRun?: boolean;
  readonly demo?: boolean;
  readonly workers?: number;
  readonly dashboard?: number | true;
  readonly header?: Readonly<Record<string, string>>;
  readonly publicHeader?: Readonly<Record<string, string>>;
  readonly proxy?: string | false;
  readonly trap?: TrapOptions;
}

/** Declares the flags of a crawl, which all modes have. */
export function declareFlags(command: Command): void {
  const add = (flags: string, name: keyof CrawlOptions, text: string): Option => {
    const option = new Option(flags, text + defaultOf(name)).argParser(readerOf(name));
    command.addOption(option);
    return option;
  };
  command.optionsGroup("Where to begin:");
  command
    .option("--seeds <file>", "with a URL on each line; - for standard input", addTo)
    .option("--sitemap <url>", "whose pages are to be fetched, too", addSitemap)
    .option("--sitemaps", "likewise those that robots.txt names");

  command.optionsGroup("How far:");
  add("--max-pages <n>", "maxPages", "URLs to fetch at most");
  add("--max-bytes <size>", "maxBytes", "to receive at most, such as 500MB");
  add("--max-time <time>", "maxTime", "of this run, such as 30m or 8h; the next one goes on");
  add("--max-depth <n>", "maxDepth", "links from a seed");
  add("--max-path-depth <n>", "maxPathDepth", "segments of a path: /a/b has two");
  add("--scope <scope>", "scope", "host, domain or any");
  command
    .option("--include <glob...>", "follow only URLs that match one of these")
    .option("--exclude <glob...>", "do not follow URLs that match one of these")
    .option("--trap <reason=n>", "another limit for what seems to have no end", addTrapLimit);

  command.optionsGroup("How fast:");
  add("--concurrency <n>", "concurrency", "pages in flight");
  add("--per-host <n>", "perHost", `pages of one host in flight; ${DEMO_PER_HOST} with --demo`);
  add("--delay <time>", "delay", "between two requests to one host");
  add("--timeout <time>", "timeout", "for one request, body included");
  add("--connect-timeout <time>", "connectTimeout", "of that, to connect");
  add("--headers-timeout <time>", "headersTimeout", "of that, until the head");
  add("--body-timeout <time>", "bodyTimeout", "of that, with no more body");
  add("--retries <n>", "retries", "further attempts after a passing error");
  add("--retry-delay <time>", "retryDelay", "before the second attempt");

  command.optionsGroup("Requests:");
  add("--body-limit <size>", "bodyLimit", "of one body");
  add("--user-agent <text>", "userAgent", "sent, and matched with robots.txt");
  command
    .option("--header <name: value>", "sent to the sites of the seeds only", addHeader)
    .option("--public-header <name: value>", "sent to every site", addHeader);
  add("--auth <user:password>", "auth", "for the sites of the seeds only");
  add("--cookie <name=value>", "cookie", "to begin with, at the hosts of the seeds");
  add("--cookies-file <file>", "cookiesFile", "cookies to begin with, in Netscape's format");
  add("--proxy <url>", "proxy", "instead of HTTP_PROXY, HTTPS_PROXY, NO_PROXY");
  command
    .option("--no-proxy", "whatever these say")
    .option("--no-robots", "ignore robots.txt, nofollow and meta robots")
    .option("--no-cookies", "keep and send no cookies")
    .option("--allow-private", "fetch from private addresses that links lead to");

  command.optionsGroup("Where it is kept:");
  command
    .option("--job <folder>", "keep the crawl there, and go on with it (default: crawl-<host>)")
    .option("--no-job", "keep the crawl in memory: it ends with the process")
    .option("--store <url>", "queues and known URLs: lmdb in the job's folder, or a server")
    .option("--fresh", "start over, and overwrite the output")
    .option(
      "--output <file>",
      `one line per URL (default: ${nameInFolder("pages", {})} in the job's folder); - for standard output`,
    )
    .option(
      "--items <file>",
      "where items go (default: items.jsonl in the job's folder); - as above",
    )
    .option(
      "--skipped [file]",
      "list what is not fetched, why, and who links there (default: skipped.jsonl likewise)",
      noUrl,
    );
  command.option(
    "--warc [folder]",
    "keep all that is fetched as WARC files (default: archive in the job's folder)",
    noUrl,
  );
  add("--warc-size <size>", "warcSize", "at which a WARC file is followed by another one");
  add("--format <format>", "format", "of outputs whose names do not say: jsonl or csv");

  command.optionsGroup("The command:");
  command
    .option("--workers <n>", "processes, one for each core say (default: 1)", readerOf("perHost"))
    .option("--config <file>", "of settings, JSON or a module (.mjs); flags win over it")
    .option("--dry-run", "say what would be done; fetch robots.txt only, and write nothing")
    .option("--json", "print the summary as JSON")
    .option("--quiet", "no progress")
    .option("--dashboard [port]", "a page on this machine that shows and controls it", readPort)
    .option("--demo", "crawl the bundled demo site, on this machine only");
}

/** The options that flags stand for, but for where the crawl and its pages are kept. */
export function optionsOf(flags: CrawlFlags): Omit<CrawlOptions, "job" | "output" | "seeds"> {
  const { header, proxy, publicHeader, seeds, sitemap, sitemaps, trap, ...others } = flags;
  const { config: _config, dashboard: _dashboard, dryRun: _dryRun, ...rest } = others;
  const { demo: _demo, job: _job, json: _json, output: _output, quiet: _quiet, ...more } = rest;
  const { workers: _workers, ...options } = more;
  return {
    ...options,
    ...(seeds === undefined ? {} : { seedFiles: seeds }),
    ...(sitemap === undefined ? {} : { sitemaps: sitemap }),
    ...(sitemaps === undefined ? {} : { robotsSitemaps: sitemaps }),
    ...(header === undefined ? {} : { headers: header }),
    ...(publicHeader === undefined ? {} : { publicHeaders: publicHeader }),
    ...(proxy === undefined ? {} : { proxy: proxy === false ? null : proxy }),
    ...(trap === undefined ? {} : { traps: trap }),
  };
}

/** ` (default: 30s)`, when there is one that says something. */
function defaultOf(name: keyof CrawlOptions): string {
  const value: unknown = (DEFAULTS as Partial<CrawlOptions>)[name];
  if (value === undefined || value === Infinity || value === null) return "";
  return ` (default: ${kindOf(name).show?.(value) ?? String(value)})`;
}

/** Reads a value as the library does; numbers stand in texts here. */
function readerOf(name: keyof CrawlOptions): (text: string) => unknown {
  const kind = kindOf(name);
  return (text) => {
    const value = kind.read(text) ?? (/^\d+$/.test(text) ? kind.read(Number(text)) : undefined);
    if (value === undefined) throw new InvalidArgumentError(`It must be ${kind.expected}.`);
    return value;
  };
}

/** A flag that may be given several times. */
function addTo(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

function addSitemap(text: string, before?: readonly string[]): readonly string[] {
  if (parseUrl(text).url !== null) return addTo(text, before);
  throw new InvalidArgumentError("It must be an http or https URL.");
}

/** `Name: value`, as curl takes it. */
function addHeader(
  text: string,
  before: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const colon = text.indexOf(":");
  const name = text.slice(0, Math.max(0, colon)).trim();
  const read = kindOf("headers").read({ [name]: text.slice(colon + 1).trim() });
  if (read !== undefined) return { ...before, ...read };
  throw new InvalidArgumentError(
    'It must be "Name: value"; User-Agent, Cookie and the headers of a connection have no place.',
  );
}

/** The name of a file may be left out: what follows then is not one. */
function noUrl(text: string): string {
  if (!/^https?:/i.test(text)) return text;
  throw new InvalidArgumentError("A URL is no name of a file: put the flag behind the URLs.");
}

/** The port may be left out, too. */
function readPort(text: string): number {
  if (/^\d+$/.test(text) && Number(text) < 65_536) return Number(text);
  throw new InvalidArgumentError(`${text} is no port: put the flag behind the URLs.`);
}

/** `same-content=50` sets `maxSameness`. */
function addTrapLimit(text: string, before: TrapOptions = {}): TrapOptions {
  const [name, limit = ""] = text.split("=", 2);
  const reason = TRAP_REASONS.find((known) => known === name);
  if (reason !== undefined && /^0*[1-9]\d*$/.test(limit))
    return { ...before, [TRAP_LIMITS[reason]]: Number(limit) };
  const expected = `one of ${TRAP_REASONS.join(", ")}, followed by = and a number of 1 or more`;
  throw new InvalidArgumentError(`It must be ${expected}.`);
}
