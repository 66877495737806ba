import { sleep } from "greenlit";
import type { FrontierCounts } from "./frontier.js";
import type { ResolvedOptions } from "./options.js";
import { formatBytes, type Statistics } from "./summary.js";
import { formatDuration } from "./units.js";

/** What progress reads; nothing is pushed to it, so a crawl costs the same with and without. */
export interface ProgressSource {
  readonly frontier: { readonly counts: FrontierCounts; readonly paused?: boolean };
  readonly statistics: Statistics;
  readonly options: Pick<ResolvedOptions, "maxPages" | "maxTime">;
}

/** The part of a terminal or a file that progress needs. */
export interface ProgressTarget {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

const LIVE_INTERVAL = 200;
const LOG_INTERVAL = 5_000;
/** The rate shown is that of the last so many ms, and the time left that of so many. */
const RATE_WINDOW = 5_000;
const LEFT_WINDOW = 30_000;
/** Ms in which nothing certain can be said about the time left. */
const UNCERTAIN = 2_000;

/** How far the crawl was at a moment, in ms since it began. */
interface Sample {
  readonly at: number;
  readonly pages: number;
  /** URLs that are out of the queue for good, and those in it. */
  readonly ended: number;
  readonly queued: number;
}

/** One line that is redrawn on a terminal; a line now and then elsewhere. */
export class Progress {
  private readonly source: ProgressSource;
  private readonly target: ProgressTarget;
  private readonly live: boolean;
  private readonly began: number;
  private readonly samples: Sample[];

  /** @param live false: lines, whatever the target is */
  constructor(source: ProgressSource, target: ProgressTarget, live = true) {
    this.source = source;
    this.target = target;
    this.live = live && target.isTTY === true;
    this.began = source.statistics.elapsed;
    this.samples = [this.sample()];
  }

  /** Draws until the greenlet is killed. */
  run(): void {
    for (;;) {
      sleep(this.live ? LIVE_INTERVAL : LOG_INTERVAL);
      this.draw();
    }
  }

  draw(): void {
    const columns = this.target.columns || 80; // some terminals say 0
    if (this.live) this.target.write(`\r\x1b[2K${this.line(columns - 1)}`);
    else this.target.write(`${this.line()}\n`);
  }

  /** Removes the live line, so that other text can follow. */
  clear(): void {
    if (this.live) this.target.write("\r\x1b[2K");
  }

  /** @param width of characters; what matters least is left out */
  line(width: number = Infinity): string {
    const { statistics } = this.source;
    const { counts, paused = false } = this.source.frontier;
    const { leased, pending, hosts } = counts;
    this.observe();
    const left = paused ? null : this.left();
    const parts = [
      `${statistics.pages} pages`,
      paused ? "paused" : `${this.rate().toFixed(0)}/s`,
      ...(left === null ? [] : [left]),
      `${leased} in flight`,
      `${pending} queued`,
      `${statistics.failed} failed`,
      `${hosts} hosts`,
      formatBytes(statistics.bytes),
    ];
    while (parts.length > 1 && parts.join(", ").length > width) parts.pop();
    return parts.join(", ").slice(0, width);
  }

  private sample(): Sample {
    const { frontier, statistics } = this.source;
    const { pending, leased, done, failed, skipped } = frontier.counts;
    const { elapsed, pages } = statistics;
    return { at: elapsed, pages, ended: done + failed + skipped, queued: pending + leased };
  }

  private observe(): void {
    const now = this.sample();
    this.samples.push(now);
    while (this.samples.length > 2 && this.samples[1]!.at <= now.at - LEFT_WINDOW) {
      this.samples.shift();
    }
  }

  private rate(): number {
    const now = this.samples.at(-1)!;
    const before = this.recent();
    return ((now.pages - before.pages) * 1000) / Math.max(1, now.at - before.at);
  }

  /** The sample with which the last is compared. */
  private recent(): Sample {
    const { at: now } = this.samples.at(-1)!;
    return this.samples.findLast(({ at }) => at <= now - RATE_WINDOW) ?? this.samples[0]!;
  }

  /**
   * How long it will take: what is queued, at the rate at which it comes out of the queue. While
   * the queue grows that is the least; null while nothing is known.
   */
  private left(): string | null {
    const { maxPages, maxTime } = this.source.options;
    const { done, failed } = this.source.frontier.counts;
    const [first, now] = [this.samples[0]!, this.samples.at(-1)!];
    const ms = now.at - first.at;
    const ended = now.ended - first.ended;
    const untilStop = maxTime - (now.at - this.began);
    const pagesLeft = maxPages - done - failed;
    const queued = Math.min(now.queued, pagesLeft);
    const estimate = ms < UNCERTAIN || ended <= 0 ? Infinity : (queued * ms) / ended;
    if (Math.min(estimate, untilStop) === Infinity) return null;
    if (untilStop <= estimate) return `${formatDuration(Math.max(0, untilStop))} left`;
    const isLeast = now.queued > this.recent().queued && pagesLeft > now.queued;
    return `${isLeast ? "≥ " : ""}${formatDuration(estimate)} left`;
  }
}
