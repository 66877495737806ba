import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { spawn, wait } from "greenlit";
import type { Arguments } from "./arguments.js";
import { Crawler } from "./crawler.js";
import type { Dashboard } from "./dashboard/dashboard.js";
import { type Demo, startDemo } from "./demo.js";
import { dryRun, formatDryRun } from "./dry-run.js";
import { errorMessage } from "./errors.js";
import { CsvStream } from "./csv.js";
import { JsonlStream } from "./jsonl.js";
import { derivedFile } from "./modes/derived-file.js";
import type { Ended, Prepared } from "./modes/mode.js";
import type { CrawlOptions } from "./options.js";
import { type Output, PAGE_COLUMNS } from "./output.js";
import { Proxies } from "./proxies.js";
import { Progress } from "./progress.js";
import { Workers } from "./workers.js";
import { keepStdinSeeds } from "./stdin-seeds.js";
import { formatSummary, type Summary } from "./summary.js";

/**
 * The command. To be called in a greenlet.
 *
 * @param parsed what the command line asks for
 * @returns the exit code
 */
export function main(parsed: Arguments): number {
  let demo: Demo | null = null;
  try {
    if (parsed.demo) demo = startDemo();
    return crawlAndReport(parsed, demo);
  } catch (error) {
    process.stderr.write(`greenlit-crawl: ${errorMessage(error)}\n`);
    return 1;
  } finally {
    demo?.close();
  }
}

function crawlAndReport(given: Arguments, demo: Demo | null): number {
  const parsed = demo === null ? given : withDemo(given, demo);
  const { crawl, flags, mode } = parsed;
  const folder = crawl.job ?? null;
  const file = mode.makes === undefined ? "" : derivedFile(folder, flags["to"], mode.makes);
  const isTemporary = mode.finish !== undefined && folder === null;
  if (parsed.dryRun) return tellDryRun(parsed, isTemporary);
  const temporary = isTemporary ? temporaryFolder() : null;
  try {
    const options = keepStdinSeeds(temporary === null ? crawl : { ...crawl, job: temporary });
    const prepared = mode.prepare?.(flags, options) ?? { options };
    return run({ handler: parsed.handler, ...prepared }, parsed, { folder, file });
  } finally {
    if (temporary !== null) rmSync(temporary, { recursive: true, force: true });
  }
}

function run(
  { conclude, handler, options: given }: Prepared,
  { dashboard, flags, json, mode, quiet, toStdout, workers }: Arguments,
  { folder, file }: Pick<Ended, "folder" | "file">,
): number {
  const options = withStdout(given, toStdout);
  const crawler = workers > 1 ? new Workers(workers, options) : new Crawler(options, handler);
  const { seeds, seedFiles = [], sitemaps = [] } = options;
  if (seeds.length + seedFiles.length + sitemaps.length === 0 && !crawler.isResumed) {
    throw new Error(`${options.job} has no crawl to go on with: name a URL to begin with`);
  }
  const progress = new Progress(crawler, process.stderr, !json);
  const say = (message: string): void => {
    progress.clear();
    process.stderr.write(`${message}\n`);
  };
  crawler.notify = say;
  const shown =
    dashboard === null || crawler instanceof Workers ? null : startDashboard(crawler, dashboard);
  if (shown !== null) say(`Dashboard: ${shown.url}`);
  const drawing = quiet ? null : spawn(() => progress.run());
  const onSignal = (): void => interrupt(crawler, say);
  for (const signal of SIGNALS) process.on(signal, onSignal);
  const proxies = new Proxies(options.proxy ?? null).names;
  if (proxies.length > 0 && !quiet) say(`Through the proxy ${proxies.join(" and ")}.`);
  if (folder !== null && !quiet) say(welcome(crawler, folder));
  let summary: Summary;
  try {
    summary = crawler.run();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
    shown?.close();
    drawing?.kill();
    progress.clear();
  }
  // Records on standard output are for a program: the summary must not get between them.
  const target = toStdout || given.items === "-" ? process.stderr : process.stdout;
  if (mode.isReport !== true)
    target.write(json ? `${JSON.stringify(summary)}\n` : formatSummary(summary));
  if (crawler instanceof Crawler) conclude?.(say);
  const journal = <T>(name: string): Iterable<T> => crawler.journal<T>(name);
  const code = mode.finish?.({ folder, file, summary, flags, say, journal }) ?? null;
  return code ?? exitCode(summary, crawler.isResumed);
}

/** @returns the exit code: whether anything would be fetched */
function tellDryRun({ crawl, flags, json, mode }: Arguments, isTemporary: boolean): number {
  const options = isTemporary ? { ...crawl, job: "a temporary folder" } : crawl;
  const told = dryRun(mode.prepare?.(flags, options).options ?? options);
  process.stdout.write(json ? `${JSON.stringify(told)}\n` : formatDryRun(told));
  return told.isResumed || told.seeds.some(({ refusal }) => refusal === null) ? 0 : 1;
}

/** Loaded when it is asked for: without one a crawl begins sooner. @throws Error */
function startDashboard(crawler: Crawler, port: number): Dashboard {
  const { serveDashboard } = wait(import("./dashboard/dashboard.js"));
  try {
    return serveDashboard(crawler, { port });
  } catch (error) {
    const why = errorMessage(error);
    throw new Error(`no dashboard at port ${port}: ${why}. Name another port, or none`, {
      cause: error,
    });
  }
}

function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "greenlit-crawl-"));
}

/** Puts standard output in the place of what goes there: records of pages, or items. */
function withStdout(options: CrawlOptions, toStdout: boolean): CrawlOptions {
  const { format, itemColumns, items } = options;
  if (toStdout) return { ...options, output: stdoutFor(format, PAGE_COLUMNS) };
  return items === "-" ? { ...options, items: stdoutFor(format, itemColumns) } : options;
}

function stdoutFor(
  format: CrawlOptions["format"],
  columns: readonly string[] | undefined,
): Output<unknown> {
  const { stdout } = process;
  const isCsv = format === "csv" && columns !== undefined;
  return isCsv ? new CsvStream(stdout, columns) : new JsonlStream(stdout);
}

/** What ends a crawl in good order. SIGHUP: the terminal was closed. */
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Says where the crawl is kept, and that the same command goes on with it. */
function welcome(crawler: Crawler | Workers, folder: string): string {
  const { pending } = crawler.frontier.counts;
  const { pages, failed } = crawler.statistics;
  if (!crawler.isResumed) return `Kept in ${folder}: the same command goes on with it.`;
  const so = `${pages + failed} URLs ended, ${pending} queued`;
  return `Going on with the crawl in ${folder} (${so}). --fresh starts over.`;
}

function exitCode(summary: Summary, isResumed: boolean): number {
  if (summary.interrupted) return 130;
  if (summary.limit === "max-time") return 3;
  // Other machines have done all of it.
  if (isResumed && summary.pages + summary.failed === 0) return 0;
  return (summary.statuses["2xx"] ?? 0) > 0 ? 0 : 1;
}

/** Runs on the hub, as every event handler. */
function interrupt(crawler: Crawler | Workers, say: (message: string) => void): void {
  if (crawler.frontier.closed) process.exit(130);
  const { leased } = crawler.frontier.counts;
  say(`Stopping: ${leased} pages in flight. Interrupt again to stop at once.`);
  crawler.stop();
}

function withDemo(parsed: Arguments, demo: Demo): Arguments {
  const { crawl } = parsed;
  const seeds = [...demo.seeds, ...crawl.seeds];
  return { ...parsed, crawl: { ...crawl, seeds, scope: crawl.scope ?? "any", allowPrivate: true } };
}
