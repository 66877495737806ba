import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { Pool, wait } from "greenlit";
import type { FrontierCounts } from "./frontier.js";
import { Job } from "./job.js";
import { type CrawlOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import { OutputError } from "./output.js";
import {
  addStatistics,
  type Limit,
  type SavedStatistics,
  Statistics,
  type Summary,
} from "./summary.js";
import type { Message, Order, Report, Task } from "./worker.js";

const PROGRAM = fileURLToPath(new URL("worker.js", import.meta.url));
/** A worker that dies so often without having fetched a page dies of something that stays. */
const MAX_DEATHS = 5;
/** Hosts in the summary that were held back. */
const MAX_REASONS = 10;

/** What the first process knows of one worker. */
interface Worker {
  readonly name: string;
  process: ChildProcess | null;
  report: Report | null;
  summary: Summary | null;
  /** How often it died since it last got further. */
  deaths: number;
}

/**
 * A crawl by several processes of this machine, on all its cores: to be used like a `Crawler`. Each
 * worker writes to a folder of its own; when they have ended, what they wrote and counted becomes
 * the job's, as if one process had done it all. A worker that dies is started again.
 */
export class Workers {
  readonly isResumed: boolean;
  readonly options: ResolvedOptions;
  /** Says aloud what the user should know; the command prints it. */
  notify: (message: string) => void = () => {};
  private readonly task: Task;
  private readonly count: number;
  private readonly workers: Worker[];
  private readonly hosts = new Set<string>();
  /** What was there before this run. */
  private readonly before: SavedStatistics;
  private readonly startedAt = performance.now();
  private pending: number;
  private peak = 0;
  private stoppedBy: Order["stop"] | null = null;
  private failure: Error | null = null;
  private job: Job;

  /** @throws as `new Crawler` */
  constructor(count: number, options: CrawlOptions) {
    if (options.warc !== undefined)
      throw new Error("an archive is written by one process, not --workers");
    this.count = count;
    this.options = resolveOptions(options);
    this.job = new Job({ ...this.options, workers: count });
    this.isResumed = this.job.isResumed;
    this.before = this.job.saved?.statistics ?? new Statistics().saved;
    this.pending = this.job.store.renew().queued;
    this.job.close(null);
    this.task = this.share();
    const names = Array.from({ length: count }, (_, i) => String(i + 1));
    this.workers = names.map((it) => ({
      name: it,
      process: null,
      report: null,
      summary: null,
      deaths: 0,
    }));
  }

  /** All workers together. */
  get frontier(): { readonly counts: FrontierCounts; readonly closed: boolean } {
    const counts = { leased: 0, done: 0, failed: 0, skipped: 0, hosts: 0 };
    for (const { report } of this.workers) {
      if (report === null) continue;
      counts.leased += report.counts.leased;
      counts.done += report.counts.done;
      counts.failed += report.counts.failed;
      counts.skipped += report.counts.skipped;
      counts.hosts = Math.max(counts.hosts, report.counts.hosts); // they may be the same
    }
    const pending = Math.max(0, this.pending - counts.leased);
    const hosts = Math.max(counts.hosts, this.hosts.size);
    const all = { ...counts, hosts, pending, peak: this.peak };
    return { counts: all, closed: this.stoppedBy !== null };
  }

  get statistics(): Statistics {
    const elapsed = this.before.elapsed + (performance.now() - this.startedAt);
    const reports = this.workers.flatMap(({ report }) => report?.statistics ?? []);
    const sum = reports.reduce((a, b) => addStatistics(a, b, elapsed), this.before);
    return new Statistics({ ...sum, elapsed });
  }

  /** Blocks until all workers have ended. @throws as `Crawler.run` */
  run(): Summary {
    const pool = new Pool();
    for (const worker of this.workers) pool.spawn(() => this.keepRunning(worker));
    pool.join();
    this.job = new Job({ ...this.options, fresh: false });
    const { queued } = this.job.store.renew();
    const leftFor = this.leftFor();
    this.job.close(queued > 0 ? leftFor : null);
    if (this.failure !== null) throw this.failure;
    return this.summary(queued, leftFor);
  }

  /** As that of `Crawler`. */
  stop(by: Order["stop"] = "interrupted"): void {
    this.stoppedBy ??= by;
    const order: Order = { stop: this.stoppedBy };
    for (const { process } of this.workers) if (process?.connected === true) process.send(order);
  }

  journal<T>(name: string): Iterable<T> {
    return this.job.outputs.journal<T>(name);
  }

  /** What each worker gets of the limits. */
  private share(): Task {
    const { concurrency, maxBytes, job, ...options } = this.options;
    const bytes = Math.ceil((maxBytes - this.before.bytes) / this.count);
    const told = Object.entries(options).filter(
      ([, value]) => value !== Infinity && typeof value !== "function",
    );
    return {
      ...(Object.fromEntries(told) as typeof options),
      job,
      concurrency: Math.ceil(concurrency / this.count),
      ...(bytes === Infinity ? {} : { maxBytes: Math.max(1, bytes) }),
      fresh: false,
      // Files, standard output: what they write becomes part of that in the end.
      output: undefined,
      items: undefined,
    };
  }

  /** Blocks until a worker has come to its end, however often it has to be started. */
  private keepRunning(worker: Worker): void {
    while (worker.summary === null && this.failure === null) {
      const how = this.runOnce(worker);
      if (worker.summary !== null || this.failure !== null || this.stoppedBy !== null) return;
      worker.deaths++;
      if (worker.deaths > MAX_DEATHS) {
        const message = `worker ${worker.name} died ${worker.deaths} times, the last time by ${how}`;
        return this.fail(new Error(`${message}: what is done is kept, the same command goes on`));
      }
      this.notify(`Worker ${worker.name} died (${how}): it is started again. Nothing is lost.`);
    }
  }

  /** @returns how it ended */
  private runOnce(worker: Worker): string {
    const child = fork(PROGRAM, process.argv.slice(2), { serialization: "advanced" });
    worker.process = child;
    child.on("message", (message: Message) => this.hear(worker, message));
    child.on("error", () => {}); // a message to a process that has just died
    child.send({ ...this.task, worker: worker.name } satisfies Task);
    if (this.stoppedBy !== null) child.send({ stop: this.stoppedBy } satisfies Order);
    const ended = new Promise<string>((resolve) =>
      child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`)),
    );
    const how = wait(ended);
    worker.process = null;
    return how;
  }

  private hear(worker: Worker, message: Message): void {
    if (message.kind === "notice") this.notify(message.text);
    else if (message.kind === "failed") this.fail(new OutputError(message.text));
    else {
      const { report } = message;
      const pages = (it: Report | null): number => (it === null ? 0 : it.counts.done);
      if (pages(report) > pages(worker.report)) worker.deaths = 0;
      worker.report = report;
      this.pending = report.counts.pending + report.counts.leased;
      this.peak = Math.max(this.peak, this.frontier.counts.leased);
      if (message.kind !== "ended") return;
      worker.summary = message.summary;
      for (const host of message.hosts) this.hosts.add(host);
    }
  }

  /** Ends the crawl: `run` throws the first of these errors. */
  private fail(error: Error): void {
    this.failure ??= error;
    this.stop();
  }

  private leftFor(): Limit | "interrupted" {
    const limits = this.workers.flatMap(({ summary }) => summary?.limit ?? []);
    if (this.stoppedBy !== null) return this.stoppedBy;
    return limits.find((limit) => limit !== "max-pages") ?? "max-pages";
  }

  private summary(queued: number, leftFor: Limit | "interrupted"): Summary {
    const { hosts, peak } = this.frontier.counts;
    const elapsed = this.before.elapsed + (performance.now() - this.startedAt);
    const statistics = new Statistics({ ...this.job.saved!.statistics, elapsed });
    const heldBack = this.workers.flatMap((it) => Object.entries(it.summary?.heldBack ?? {}));
    const summary = statistics.summary({
      interrupted: leftFor === "interrupted",
      limit: queued === 0 || leftFor === "interrupted" ? null : leftFor,
      hosts,
      peakInFlight: peak,
      heldBack: Object.fromEntries(heldBack.slice(0, MAX_REASONS)),
    });
    if (queued === 0) return summary;
    return { ...summary, skipped: { ...summary.skipped, [leftFor]: queued } };
  }
}
