// One of the processes of `--workers`, started by workers.ts: node worker.js, with a channel.
import { once } from "node:events";
import { run, sleep, spawn, wait } from "greenlit";
import { Crawler } from "./crawler.js";
import { errorMessage } from "./errors.js";
import type { FrontierCounts } from "./frontier.js";
import { Exit, parseArguments } from "./arguments.js";
import type { CrawlOptions } from "./options.js";
import { LeaseLost } from "./store.js";
import type { SavedStatistics, Summary } from "./summary.js";

/** What a worker is told first, beside the command line: options that are other for it. */
export type Task = Partial<CrawlOptions>;

/** What it is told later. */
export interface Order {
  readonly stop: "interrupted" | "max-time";
}

/** How far it is. */
export interface Report {
  readonly counts: FrontierCounts;
  readonly statistics: SavedStatistics;
}

/** What it tells. */
export type Message =
  | { readonly kind: "report"; readonly report: Report }
  | { readonly kind: "notice"; readonly text: string }
  | {
      readonly kind: "ended";
      readonly report: Report;
      readonly summary: Summary;
      readonly hosts: readonly string[];
    }
  | { readonly kind: "failed"; readonly text: string };

/** Ms between two reports. */
const INTERVAL = 200;

function work(): void {
  // A terminal sends its signals to all processes: it is for the first one to say what is to be.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => {});
  const [task] = wait(once(process, "message")) as [Task];
  try {
    crawl(task);
  } catch (error) {
    // Taken for dead: started again, it goes on.
    if (error instanceof LeaseLost) process.exitCode = 1;
    else send({ kind: "failed", text: errorMessage(error) });
  }
  process.disconnect();
}

function crawl(task: Task): void {
  // Functions cannot be sent: each worker makes its own.
  const parsed = parseArguments(process.argv.slice(2));
  if (parsed instanceof Exit) throw new Error("the command line has changed");
  const { mode, flags } = parsed;
  const options = { ...parsed.crawl, ...task };
  const handler = mode.prepare?.(flags, options).handler ?? parsed.handler;
  const crawler = new Crawler(options, handler);
  crawler.notify = (text) => send({ kind: "notice", text });
  process.on("message", ({ stop }: Order) => crawler.stop(stop));
  process.on("disconnect", () => crawler.stop()); // there is nobody any more to report to
  const reporter = spawn(() => {
    for (;;) {
      sleep(INTERVAL);
      send({ kind: "report", report: reportOf(crawler) });
    }
  });
  const summary = crawler.run();
  reporter.kill();
  const hosts = [...crawler.frontier.visited];
  send({ kind: "ended", report: reportOf(crawler), summary, hosts });
}

function reportOf({ frontier, statistics }: Crawler): Report {
  return { counts: frontier.counts, statistics: statistics.saved };
}

/** Blocks until it is on its way. Nothing when nobody listens any more. */
function send(message: Message): void {
  if (!process.connected) return;
  wait(new Promise<void>((resolve) => process.send!(message, undefined, {}, () => resolve())));
}

await run(work);
