import { spawn } from "greenlit";
import { parseArguments, type Arguments, Exit } from "./arguments.js";
import { Crawler } from "./crawler.js";
import { type Demo, startDemo } from "./demo.js";
import { errorMessage } from "./errors.js";
import { JsonlOutput } from "./output.js";
import { Progress } from "./progress.js";
import { formatSummary, type Summary } from "./summary.js";

/**
 * The command. To be called in a greenlet.
 *
 * @param argv arguments after the program's name
 * @returns the exit code
 */
export function main(argv: readonly string[]): number {
  const parsed = parseArguments(argv);
  if (parsed instanceof Exit) return parsed.code;
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

function crawlAndReport(parsed: Arguments, demo: Demo | null): number {
  const output =
    parsed.output === null
      ? null
      : new JsonlOutput(parsed.output === "-" ? process.stdout : parsed.output);
  const crawler = new Crawler(demo === null ? parsed.crawl : withDemo(parsed, demo), output);
  const progress = new Progress(crawler, process.stderr);
  const drawing = parsed.quiet ? null : spawn(() => progress.run());
  const onInterrupt = (): void => interrupt(crawler, progress);
  process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
  let summary: Summary;
  try {
    summary = crawler.run();
    output?.close();
  } finally {
    process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
    drawing?.kill();
    progress.clear();
  }
  // Records on standard output are for a program: the summary must not get between them.
  const target = parsed.output === "-" ? process.stderr : process.stdout;
  target.write(parsed.json ? `${JSON.stringify(summary)}\n` : formatSummary(summary));
  return exitCode(summary);
}

function exitCode(summary: Summary): number {
  if (summary.interrupted) return 130;
  return (summary.statuses["2xx"] ?? 0) > 0 ? 0 : 1;
}

/** Runs on the hub, as every event handler. */
function interrupt(crawler: Crawler, progress: Progress): void {
  if (crawler.frontier.closed) process.exit(130);
  progress.clear();
  const { leased } = crawler.frontier.counts;
  process.stderr.write(`Stopping: ${leased} pages in flight. Interrupt again to stop at once.\n`);
  crawler.stop();
}

function withDemo(parsed: Arguments, demo: Demo): Arguments["crawl"] {
  const { crawl } = parsed;
  return {
    ...crawl,
    seeds: [...demo.seeds, ...crawl.seeds],
    scope: crawl.scope ?? "any",
    allowPrivate: true,
  };
}
